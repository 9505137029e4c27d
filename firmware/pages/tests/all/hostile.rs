//! What a phone says of itself is text on the page, never a tag.

use crate::machine::{changes, machine, the_box};
use crate::office::*;
use crate::tags::opening_tags;
use exchange::catalog::Family;
use exchange::layer::{Firmware, Layer};
use exchange::names::text;
use exchange::settings::Setting;
use exchange::story::{Door, FileAnswer, Step};
use exchange::view::{
    BackupRefused, BadLine, BadLines, HandsetRow, OwnKind, SettingRow, SetupView, SignSeen,
    StrangerRow, Tried, Wrong,
};
use pages::backup::{self, NotRestored};
use pages::form::{
    AddForm, AssignForm, GenericForm, LanForm, PasswordForm, RuleForm, SettingForm, SignForm,
    Typed, UserForm, WanForm,
};
use pages::{Claim, Html, Occasion, Viewer};

const EVIL: &str = "<script>alert(1)</script>\"'&";
const VIEWER: Viewer<'static> =
    Viewer { csrf: EVIL, notice: Some(EVIL), version: EVIL, trial: None };

fn evil_row(row: &HandsetRow) -> HandsetRow {
    let mut row = row.clone();
    (row.maker, row.model, row.firmware) = (EVIL, text(EVIL), text(EVIL));
    row.lines.iter_mut().for_each(|line| line.name = text(EVIL));
    row
}

fn evil_stranger(row: &StrangerRow) -> StrangerRow {
    StrangerRow { maker: Some(EVIL), model: text(EVIL), ..row.clone() }
}

fn evil_add() -> AddForm {
    let error = Some(EVIL.to_string());
    AddForm {
        mac: EVIL.to_string(),
        extension: EVIL.to_string(),
        name: EVIL.to_string(),
        mac_error: error.clone(),
        extension_error: error.clone(),
        name_error: error.clone(),
        maker: EVIL.to_string(),
        model: EVIL.to_string(),
        remote: true,
        near: true,
        maker_error: error.clone(),
        model_error: error.clone(),
        form_error: error,
    }
}

fn evil_lists() -> Vec<Html> {
    let mut view = office();
    view.handsets.iter_mut().for_each(|row| *row = evil_row(row));
    view.strangers.iter_mut().for_each(|row| *row = evil_stranger(row));
    let form = RuleForm {
        error: Some(EVIL.to_string()),
        shown: Some(EVIL.to_string()),
        password_error: Some(EVIL.to_string()),
        install_error: Some(EVIL.to_string()),
        reach: Some(EVIL.to_string()),
        reach_error: Some(EVIL.to_string()),
    };
    let mut away = crate::rules::strangers();
    away.rows.iter_mut().for_each(|row| (row.maker, row.model) = (Some(EVIL), text(EVIL)));
    let mut rules = crate::rules::rules();
    (rules.wan_url, rules.reach) = (Some(EVIL.to_string()), Some(EVIL.to_string()));
    vec![
        pages::handsets(&view, &VIEWER, Some(&evil_add())),
        pages::handsets_fragment(&view),
        pages::strangers(&away, &VIEWER, Some(&form)),
        pages::voip(&rules, &VIEWER, Some(&form)),
        pages::device_shown(&registered_device(), &VIEWER, EVIL),
        pages::handsets_generic(&view, &VIEWER, &evil_generic()),
        pages::setup(&evil_setup(), &VIEWER, Some(EVIL)),
        pages::setup_shown(&evil_setup(), &VIEWER, EVIL),
    ]
}

fn evil_generic() -> GenericForm {
    let (typed, error) = (EVIL.to_string(), Some(EVIL.to_string()));
    GenericForm {
        what: typed.clone(),
        extension: typed.clone(),
        name: typed,
        remote: true,
        what_error: error.clone(),
        extension_error: error.clone(),
        name_error: error.clone(),
        form_error: error,
    }
}

fn evil_setup() -> SetupView {
    let (what, name, login) = (text(EVIL), text(EVIL), EVIL.to_string());
    let evil = Some(EVIL.to_string());
    SetupView { what, name, login, lan: evil.clone(), wan: evil, ..crate::generic::view() }
}

fn evil_devices() -> Vec<Html> {
    let error = Some(EVIL.to_string());
    let echo = AssignForm {
        line: Some(exchange::names::LineNo::FIRST),
        extension: EVIL.to_string(),
        name: EVIL.to_string(),
        extension_error: error.clone(),
        name_error: error.clone(),
        form_error: error,
    };
    let mut pages = Vec::new();
    for mut view in [registered_device(), stuck_device(), stranger_device()] {
        view.handset = view.handset.as_ref().map(evil_row);
        view.stranger = view.stranger.as_ref().map(evil_stranger);
        view.signs = vec![SignSeen { name: EVIL, own: true }];
        view.settings.iter_mut().for_each(evil_setting);
        for row in &mut view.stored {
            (row.name, row.text) = (EVIL.to_string(), EVIL.to_string());
        }
        let name = EVIL.try_into().unwrap();
        view.story.push((NOW.mono, Step::File(Door::Tftp, name, FileAnswer::Absent(EVIL))));
        pages.push(pages::device(&view, &VIEWER, Some(&echo)));
        pages.push(pages::device_fragment(&view));
    }
    pages
}

fn evil_setting(row: &mut SettingRow) {
    (row.is_set, row.own, row.value) = (true, Some(EVIL.to_string()), Some(EVIL.to_string()));
}

fn evil_settings() -> Vec<Html> {
    let firmware = Firmware { from: text(EVIL), to: text(EVIL) };
    let layer = Layer::Model { family: Family::Snom, model: text(EVIL), firmware };
    let mut view = crate::settings::view(layer);
    view.rows.iter_mut().for_each(evil_setting);
    let error = Some(EVIL.to_string());
    let (setting, typed) = (Some(Setting::Keys), EVIL.to_string());
    let echo = SettingForm { setting, typed, error: error.clone(), form_error: error };
    vec![
        pages::settings(&view, &VIEWER, Some(&echo)),
        pages::device_setting(&registered_device(), &VIEWER, &echo),
    ]
}

fn evil_machines() -> Vec<Html> {
    let typed = || Typed { text: EVIL.to_string(), error: Some(EVIL.to_string()) };
    let lan = LanForm {
        address: typed(),
        first: typed(),
        last: typed(),
        router: typed(),
        dns: typed(),
        domain: typed(),
        form_error: Some(EVIL.to_string()),
    };
    let form_error = Some(EVIL.to_string());
    let wan = WanForm { address: typed(), gateway: typed(), dns: typed(), form_error };
    let error = Some(EVIL.to_string());
    let passphrase = PasswordForm { new_error: error.clone(), again_error: error };
    let wrong = Wrong::UnknownKind(text(EVIL), Some("line"));
    let lines = vec![BadLine { number: 2, wrong }];
    let evil = NotRestored::Refused(BackupRefused::Lines(BadLines { lines, more: 0 }));
    let mut machine = machine();
    (machine.build, machine.board) = (Some(EVIL.to_string()), Some(EVIL.to_string()));
    machine.slot = Some(EVIL.to_string());
    machine.ports.iter_mut().for_each(|port| port.name = EVIL.to_string());
    vec![
        pages::network(&the_box(), &VIEWER, Some(lan), Some(wan)),
        pages::system(&the_box(), &machine, &VIEWER),
        pages::restart(&VIEWER),
        backup::backup(&the_box(), &VIEWER, Some(&passphrase), Some(&evil)),
        backup::restore(&changes(), &the_box(), &VIEWER, EVIL),
    ]
}

fn evil_users() -> [Html; 2] {
    let mut view = crate::users::view();
    view.users.iter_mut().for_each(|row| row.name = text(EVIL));
    view.codes.iter_mut().for_each(|row| (row.name, row.dialled) = (text(EVIL), EVIL.to_string()));
    let error = Some(EVIL.to_string());
    let echo = UserForm {
        name: EVIL.to_string(),
        extension: EVIL.to_string(),
        name_error: error.clone(),
        extension_error: error.clone(),
        form_error: error,
    };
    let mut device = crate::users::device();
    device.handset = device.handset.as_ref().map(evil_row);
    device.people.users.iter_mut().for_each(|(_, words)| *words = EVIL.to_string());
    device.people.replaceable = vec![(exchange::names::HandsetNo(7), EVIL.to_string())];
    [pages::users(&view, &VIEWER, Some(&echo)), pages::device(&device, &VIEWER, None)]
}

fn evil_identity() -> Html {
    let error = Some(EVIL.to_string());
    let echo = SignForm {
        kind: None,
        pattern: EVIL.to_string(),
        maker: EVIL.to_string(),
        model: EVIL.to_string(),
        version: EVIL.to_string(),
        pattern_error: error.clone(),
        maker_error: error.clone(),
        model_error: error.clone(),
        version_error: error.clone(),
        form_error: error,
    };
    let tried = Tried {
        kind: OwnKind::UserAgent,
        text: EVIL.to_string(),
        family: Some(Family::Misc),
        vendor: EVIL,
        model: text(EVIL),
        version: text(EVIL),
        by: EVIL.to_string(),
        own: true,
        hint: false,
    };
    let mut view = crate::identity::view(Some(tried));
    for (sign, means) in &mut view.signs {
        sign.pattern = EVIL.to_string();
        (means.model, means.version) = (text(EVIL), text(EVIL));
    }
    pages::identity(&view, &VIEWER, Some(&echo))
}

#[test]
fn no_text_of_a_phone_or_a_person_becomes_a_tag() {
    let mut pages = evil_lists();
    pages.extend(evil_devices());
    pages.push(pages::login(&VIEWER, None, Claim::Closed));
    pages.push(pages::change_password(&VIEWER, Occasion::FirstLogIn, None));
    pages.push(pages::message(404, EVIL, EVIL));
    pages.extend(evil_machines());
    pages.extend(evil_settings());
    pages.push(evil_identity());
    pages.extend(evil_users());
    pages.push(crate::certificates::evil(EVIL));
    for page in pages {
        assert!(page.contains("alert(1)"), "the text is there");
        assert!(!page.contains("<script>") && !page.contains("\"'"), "{page}");
        for tag in opening_tags(&page).iter().filter(|tag| tag.name == "script") {
            assert!(tag.attribute("src").is_some());
        }
    }
}
