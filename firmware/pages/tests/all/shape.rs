//! What makes every page usable by everybody and safe to send back.

use crate::sheet;
use crate::tags::{opening_tags, Tag};
use std::collections::BTreeSet;

#[test]
fn every_field_has_a_label() {
    for (name, html) in sheet::all() {
        let tags = opening_tags(&html);
        let labelled: BTreeSet<&str> = tags
            .iter()
            .filter(|tag| tag.name == "label")
            .filter_map(|tag| tag.attribute("for"))
            .collect();
        for field in tags.iter().filter(|tag| is_visible_field(tag)) {
            let id = field.attribute("id").unwrap_or_default();
            assert!(labelled.contains(id), "{name}: field {id:?} has no label");
        }
    }
}

fn is_visible_field(tag: &Tag) -> bool {
    matches!(tag.name.as_str(), "input" | "select" | "textarea")
        && tag.attribute("type") != Some("hidden")
        && tag.attribute("hidden").is_none()
}

#[test]
fn every_id_is_there_once_and_everything_referred_to_is_there() {
    for (name, html) in sheet::all() {
        let tags = opening_tags(&html);
        let mut ids = BTreeSet::new();
        for id in tags.iter().filter_map(|tag| tag.attribute("id")) {
            assert!(ids.insert(id), "{name}: id {id} is there twice");
        }
        for tag in &tags {
            for attribute in ["for", "aria-describedby", "aria-labelledby"] {
                for id in tag.attribute(attribute).unwrap_or_default().split_whitespace() {
                    assert!(ids.contains(id), "{name}: {attribute}={id} leads nowhere");
                }
            }
        }
    }
}

#[test]
fn every_form_is_sent_by_post_with_a_token_or_a_code() {
    for (name, html) in sheet::all() {
        for form in html.split("<form ").skip(1) {
            let form = form.split("</form>").next().unwrap_or_default();
            assert!(form.starts_with("method=\"post\" action=\"/"), "{name}");
            let proof = match name.starts_with("recovery") {
                // Nobody is logged in there: what a page of elsewhere does not know is the code.
                true => " name=\"code\"",
                false => "<input type=\"hidden\" name=\"csrf\" value=",
            };
            assert!(form.contains(proof), "{name}");
        }
    }
}

#[test]
fn no_page_has_code_or_style_inside() {
    for (name, html) in sheet::all() {
        for tag in opening_tags(&html) {
            assert_ne!(tag.name, "style", "{name}");
            assert!(tag.name != "script" || tag.attribute("src").is_some(), "{name}");
            for (attribute, value) in &tag.attributes {
                assert!(attribute != "style" && !attribute.starts_with("on"), "{name}");
                assert!(!value.starts_with("http") && !value.starts_with("javascript:"), "{name}");
            }
        }
    }
}

#[test]
fn a_part_that_replaces_itself_has_nothing_that_could_be_lost() {
    for (name, html) in sheet::all().iter().filter(|(name, _)| name.ends_with("fragment")) {
        for tag in opening_tags(html) {
            let typed = ["form", "input", "button", "details", "textarea", "select"];
            assert!(!typed.contains(&tag.name.as_str()), "{name}: <{}>", tag.name);
        }
    }
}

#[test]
fn every_file_that_a_page_asks_for_is_an_asset() {
    let paths: Vec<&str> = pages::assets().iter().map(|asset| asset.path).collect();
    for (name, html) in sheet::all() {
        for tag in opening_tags(&html) {
            for value in tag.attributes.iter().map(|(_, value)| value) {
                let wanted = value.starts_with("/assets/");
                assert!(!wanted || paths.contains(&value.as_str()), "{name}: {value}");
            }
        }
    }
}

#[test]
fn a_password_that_was_typed_is_never_shown_again() {
    let all = sheet::all();
    let typed = ["password1", "a quiet morning", "a quite morning"];
    for (name, html) in all.iter().filter(|(name, _)| name.starts_with("password")) {
        assert!(typed.iter().all(|typed| !html.contains(typed)), "{name}");
    }
}

#[test]
fn a_phone_that_never_came_is_told_from_one_that_went_away() {
    let mut view = crate::office::away_device();
    assert!(pages::device(&view, &crate::office::VIEWER, None).contains("Check its power"));
    view.origin = Some(exchange::view::Origin::ByHand);
    let row = view.handset.as_mut().unwrap();
    (row.last_seen, row.address) = (None, None);
    row.model.clear();
    assert!(pages::device(&view, &crate::office::VIEWER, None).contains("Plug it into the LAN."));
}
