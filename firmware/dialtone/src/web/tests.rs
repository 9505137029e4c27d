//! Conversations of browsers, honest and other, with the admin's pages.

mod backup;
mod browser;
mod claim;
mod firmware;
mod generic;
mod identity;
mod machine;
mod rules;
mod settings;
mod templates;
mod users;

use super::{Takes, WebSite, ROUTES};
use crate::http::tests::stand::{body, header, phone_mac, status, Stand, FIRST_PASSWORD, HOME};
use browser::Browser;
use std::net::Ipv4Addr;
use std::sync::atomic::Ordering;

const NEW_PASSWORD: &str = "three+odd+words";

fn handset(no: u8, rest: &str) -> String {
    format!("/handsets/{}{rest}", phone_mac(no).bare())
}

#[test]
fn every_route_of_the_table_is_found() {
    let site = WebSite::new();
    for (pattern, route, _) in ROUTES {
        let found = site.find(&pattern.replace("{rest}", "001565000001")).unwrap();
        assert_eq!(found.route, route);
    }
    for path in ["/prov/x.cfg", "/handsets/", "/handsets/a/b", "/assets/a/b", "*", "", "//login"] {
        assert!(site.find(path).is_none(), "{path}");
    }
}

#[tokio::test]
async fn without_a_session_only_the_log_in_page_and_assets_exist() {
    let stand = Stand::up();
    for (pattern, _, takes) in ROUTES {
        let path = pattern.replace("{rest}", "001565000001");
        let mut browser = Browser::new(&stand);
        browser
            .cookies
            .push(("dialtone".to_owned(), "0123456789abcdef0123456789abcdef".to_owned()));
        let got = browser.get(&path).await;
        let sent = browser.post(&path, "csrf=x&password=x&new=aaa&mac=001565000009").await;
        match pattern {
            "/login" | "/login/claim" => assert_eq!((status(&got), status(&sent)), (200, 403)),
            "/assets/{rest}" => assert_eq!((status(&got), status(&sent)), (404, 405)),
            _guarded => {
                let answers = [(takes != Takes::Post, got), (takes != Takes::Get, sent)];
                for (taken, answer) in answers {
                    let expected = if taken { (303, Some("/login")) } else { (405, None) };
                    assert_eq!((status(&answer), header(&answer, "location")), expected, "{path}");
                }
            }
        }
    }
}

#[tokio::test]
async fn the_first_password_opens_nothing_but_the_page_that_replaces_it() {
    let stand = Stand::up();
    let mut browser = Browser::new(&stand);
    let sent = browser.log_in(FIRST_PASSWORD).await;
    assert_eq!((status(&sent), header(&sent, "location")), (303, Some("/handsets")));
    for (pattern, _, takes) in ROUTES {
        let path = pattern.replace("{rest}", "001565000001");
        let open = ["/login", "/login/claim", "/password", "/logout", "/assets/001565000001"];
        if open.contains(&path.as_str()) {
            continue;
        }
        let answer = match takes {
            Takes::Get | Takes::Both => browser.get(&path).await,
            Takes::Post => browser.send(&path, "").await,
        };
        assert_eq!((status(&answer), header(&answer, "location")), (303, Some("/password")));
    }
    let page = browser.get("/password").await;
    assert_eq!(status(&page), 200);
    assert_eq!(status(&browser.send("/password", "new=short&again=short").await), 422);
    let form = format!("new={NEW_PASSWORD}&again=other");
    assert_eq!(status(&browser.send("/password", &form).await), 422);
    let form = format!("new={FIRST_PASSWORD}&again={FIRST_PASSWORD}");
    let first_again = browser.send("/password", &form).await;
    assert!(status(&first_again) == 422 && first_again.contains("that the console printed"));

    let before = browser.cookie("dialtone").unwrap();
    let form = format!("new={NEW_PASSWORD}&again={NEW_PASSWORD}");
    let set = browser.send("/password", &form).await;
    assert_eq!(header(&set, "location"), Some("/handsets?done=password"));
    assert_ne!(browser.cookie("dialtone").unwrap(), before);
    let page = browser.get("/handsets?done=password").await;
    assert!(status(&page) == 200 && page.contains("The new password is in force."));
    // The old session is over, and so is the first password.
    let mut old = Browser::new(&stand);
    old.cookies.push(("dialtone".to_owned(), before));
    assert_eq!(header(&old.get("/handsets").await, "location"), Some("/login"));
    assert_eq!(status(&Browser::new(&stand).log_in(FIRST_PASSWORD).await), 403);
    assert_eq!(status(&Browser::new(&stand).log_in("three odd words").await), 303);
}

#[tokio::test]
async fn a_token_from_before_the_log_in_is_worth_nothing_after_it() {
    let stand = Stand::up();
    let mut browser = Browser::new(&stand);
    let planted = "feedfeedfeedfeedfeedfeedfeedfeed".to_owned();
    browser.cookies.push(("dialtone".to_owned(), planted.clone()));
    browser.log_in(FIRST_PASSWORD).await;
    let first = browser.cookie("dialtone").unwrap();
    assert_ne!(first, planted);
    browser.post_login_again(FIRST_PASSWORD).await;
    let second = browser.cookie("dialtone").unwrap();
    for (token, page) in [(planted, "/login"), (first, "/login"), (second, "/password")] {
        let mut other = Browser::new(&stand);
        other.cookies.push(("dialtone".to_owned(), token));
        assert_eq!(header(&other.get("/handsets").await, "location"), Some(page));
    }
    // Nor is a good token good from another address, nor after logging out.
    let mut thief = Browser::new(&stand);
    thief.source = Ipv4Addr::new(127, 0, 0, 9);
    thief.cookies.clone_from(&browser.cookies);
    assert_eq!(header(&thief.get("/handsets").await, "location"), Some("/login"));
    let kept = browser.cookies.clone();
    let out = browser.send("/logout", "").await;
    assert_eq!(header(&out, "location"), Some("/login?done=logged-out"));
    browser.cookies = kept;
    assert_eq!(header(&browser.get("/handsets").await, "location"), Some("/login"));
}

#[tokio::test]
async fn cookies_and_headers_keep_a_browser_from_being_misled() {
    let stand = Stand::up();
    let mut browser = Browser::new(&stand);
    let page = browser.get("/login").await;
    let sent = browser.log_in(FIRST_PASSWORD).await;
    let cookies: Vec<&str> = sent.lines().filter(|line| line.starts_with("set-cookie: ")).collect();
    assert!(cookies.iter().any(|line| {
        line.starts_with("set-cookie: dialtone=")
            && line.ends_with("; Path=/; HttpOnly; SameSite=Strict")
    }));
    let html = browser.get("/password").await;
    for answer in [&page, &sent, &html] {
        for (name, value) in [
            ("content-security-policy", pages::CONTENT_SECURITY_POLICY),
            ("x-content-type-options", "nosniff"),
            ("x-frame-options", "DENY"),
            ("referrer-policy", "same-origin"),
            ("cache-control", "no-store"),
            ("cross-origin-opener-policy", "same-origin"),
        ] {
            assert_eq!(header(answer, name), Some(value));
        }
    }
    for asset in pages::assets() {
        let answer = Browser::new(&stand).get(asset.path).await;
        assert_eq!(header(&answer, "content-type"), Some(asset.content_type));
        assert_eq!(header(&answer, "cache-control"), Some("public, max-age=31536000, immutable"));
        assert_eq!(body(&answer).as_bytes(), asset.bytes);
    }
}

#[tokio::test]
async fn a_page_of_elsewhere_can_neither_read_nor_write() {
    let stand = Stand::up();
    let mut browser = Browser::new(&stand);
    browser.log_in_for_good().await;
    let csrf = browser.csrf.clone();
    let add = |no: u8, csrf: &str| format!("csrf={csrf}&mac={}", phone_mac(no).bare());
    // Rebound name.
    browser.host = "evil.example".to_owned();
    assert_eq!(status(&browser.get("/handsets").await), 421);
    assert_eq!(status(&browser.post("/handsets/add", &add(1, &csrf)).await), 421);
    browser.host = "dialtone.local".to_owned();
    assert_eq!(status(&browser.get("/handsets").await), 200);
    // Forms without, or with somebody else's, token.
    for wrong in ["", "x", &csrf.to_uppercase(), &csrf[1..], &format!("{csrf}0")] {
        assert_eq!(status(&browser.post("/handsets/add", &add(1, wrong)).await), 403);
    }
    assert_eq!(status(&browser.post("/handsets/add", "mac=001565000001").await), 403);
    // The right token, sent by the wrong page.
    for line in ["Origin: http://evil.example", "Origin: null", "Sec-Fetch-Site: cross-site"] {
        browser.extra = format!("{line}\r\n");
        assert_eq!(status(&browser.post("/handsets/add", &add(1, &csrf)).await), 403, "{line}");
        assert_eq!(status(&browser.post("/login", "password=x").await), 403, "{line}");
    }
    browser.extra = "Origin: http://dialtone.local\r\nSec-Fetch-Site: same-origin\r\n".to_owned();
    let added = browser.post("/handsets/add", &add(1, &csrf)).await;
    assert_eq!(header(&added, "location"), Some("/handsets?done=added"));
    let page = browser.get("/handsets").await;
    assert!(page.contains(&handset(1, "")) && !page.contains(&handset(2, "")));
}

#[tokio::test]
async fn wrong_passwords_are_slowed_even_many_at_once() {
    let stand = Stand::up();
    for _ in 0..3 {
        assert_eq!(status(&Browser::new(&stand).log_in("wrong password").await), 403);
    }
    let slowed = Browser::new(&stand).log_in(FIRST_PASSWORD).await;
    assert_eq!((status(&slowed), header(&slowed, "retry-after")), (429, Some("1")));
    assert!(slowed.contains("Try again in 1 s."));
    stand.now.fetch_add(1_000, Ordering::Relaxed);
    let mut browser = Browser::new(&stand);
    let (token, form) = browser.login_form("still wrong").await;
    let mut guesses = Vec::new();
    for _ in 0..12 {
        let mut guesser = Browser::new(&stand);
        guesser.cookies.push(("dialtone-login".to_owned(), token.clone()));
        guesses.push(guesser.connected("/login", &form).await);
    }
    let mut wrong = 0;
    for guess in guesses {
        let status = status(&browser::answer_of(guess).await);
        assert!([403, 429].contains(&status), "{status}");
        wrong += usize::from(status == 403);
    }
    assert_eq!(wrong, 1);
    stand.now.fetch_add(60_000, Ordering::Relaxed);
    assert_eq!(status(&Browser::new(&stand).log_in(FIRST_PASSWORD).await), 303);
}

#[tokio::test]
async fn a_log_in_page_left_open_for_too_long_says_so() {
    let stand = Stand::up();
    let mut browser = Browser::new(&stand);
    let (_, form) = browser.login_form(FIRST_PASSWORD).await;
    browser.cookies.clear();
    let stale = browser.post("/login", &form).await;
    assert!(status(&stale) == 403 && stale.contains("open for too long"), "{stale}");
    assert!(browser.cookie("dialtone").is_none());
}

#[tokio::test]
async fn a_handset_is_added_assigned_given_lines_and_deleted() {
    let stand = Stand::up();
    let mut browser = Browser::new(&stand);
    browser.log_in_for_good().await;
    let added =
        browser.send("/handsets/add", "mac=00-15-65-00-00-01&extension=204&name=Anna").await;
    assert_eq!(header(&added, "location"), Some("/handsets?done=added"));
    let twice = browser.send("/handsets/add", "mac=001565000001").await;
    assert!(status(&twice) == 422 && twice.contains("exists already"));

    let steps = [
        ("/add-line", "", "line-added"),
        ("/assign", "line=2&extension=205&name=Anna", "assigned"),
        ("/remove-line", "", "line-removed"),
    ];
    for (action, form, word) in steps {
        let page = browser.get(&handset(1, "")).await;
        let seen = browser::value(&page, "seen").unwrap();
        let done = browser.send(&handset(1, action), &format!("seen={seen}&{form}")).await;
        let expected = handset(1, &format!("?done={word}"));
        assert_eq!(header(&done, "location"), Some(expected.as_str()), "{done}");
        let stale = browser.send(&handset(1, action), &format!("seen={seen}&{form}")).await;
        assert!(status(&stale) == 422 && stale.contains("changed meanwhile"), "{stale}");
    }
    let page = browser.get(&handset(1, "?done=line-removed")).await;
    assert!(page.contains("The last line was removed."));
    let deleted = browser.send(&handset(1, "/delete"), "").await;
    assert_eq!(header(&deleted, "location"), Some("/handsets?done=deleted"));
    for (path, form) in [("/delete", ""), ("/assign", "line=1&extension=204")] {
        assert_eq!(status(&browser.send(&handset(1, path), form).await), 404);
    }
    for path in ["/handsets/nonsense", &handset(77, ""), "/handsets/%61dd"] {
        assert_eq!(status(&browser.get(path).await), 404, "{path}");
    }
}

#[tokio::test]
async fn what_was_typed_comes_back_with_what_is_wrong_and_as_text() {
    let stand = Stand::up();
    let mut browser = Browser::new(&stand);
    browser.log_in_for_good().await;
    let script = "%3Cscript%3Ealert(1)%3C%2Fscript%3E%22%27%3E";
    let form = format!("mac={script}&extension={script}&name={script}");
    let refused = browser.send("/handsets/add", &form).await;
    assert_eq!(status(&refused), 422);
    assert!(!refused.contains("<script>") && refused.contains("alert(1)"), "{refused}");
    // A sentence is one of ours, or there is none.
    for page in ["/handsets", "/login"] {
        let page = browser.get(&format!("{page}?done={script}&fragment={script}")).await;
        assert!(!page.contains("alert(1)"));
    }
    let added = browser.send("/handsets/add", &format!("mac=001565000003&name={script}")).await;
    assert_eq!(status(&added), 303, "{added}");
    let page = browser.get(&handset(3, "")).await;
    assert!(!page.contains("<script>alert"));
}

#[tokio::test]
async fn the_door_for_new_phones_opens_and_closes_and_parts_of_pages_have_no_frame() {
    let stand = Stand::up();
    let mut browser = Browser::new(&stand);
    browser.log_in_for_good().await;
    for (open, word) in [("no", "closed"), ("yes", "opened")] {
        let sent = browser.send("/policy/creation", &format!("side=lan&open={open}")).await;
        let expected = format!("/handsets?done={word}");
        assert_eq!(header(&sent, "location"), Some(expected.as_str()));
    }
    assert_eq!(status(&browser.send("/policy/creation", "side=moon&open=yes").await), 400);
    let part = browser.get("/handsets?fragment=table").await;
    assert!(status(&part) == 200 && !part.contains("<html"));
    assert_eq!(header(&browser.get("/").await, "location"), Some("/handsets"));
}

#[tokio::test]
async fn forms_that_are_none_are_refused_before_they_are_read() {
    let stand = Stand::up();
    let mut browser = Browser::new(&stand);
    browser.log_in_for_good().await;
    let long = format!("csrf={}&name={}", browser.csrf, "x".repeat(20_000));
    let twice = format!("csrf={}&csrf={}", browser.csrf, browser.csrf);
    let many = (0..40).map(|no| format!("f{no}=&")).collect::<String>();
    for (form, expected) in [(long, 413), (twice, 400), (many, 400), ("a=%zz".to_owned(), 400)] {
        assert_eq!(status(&browser.post("/handsets/add", &form).await), expected);
    }
    browser.content_type = "text/plain";
    let form = format!("csrf={}&mac=001565000001", browser.csrf);
    assert_eq!(status(&browser.post("/handsets/add", &form).await), 415);
    let huge = "POST /login HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999999999\r\n\
        Content-Type: application/x-www-form-urlencoded\r\nConnection: close\r\n\r\n";
    assert_eq!(status(&stand.say(HOME, huge).await), 413);
}

#[tokio::test]
async fn handsets_are_asked_to_come_again_by_forms_that_say_what_is_wrong() {
    let stand = Stand::up();
    let mut browser = Browser::new(&stand);
    browser.log_in_for_good().await;
    assert_eq!(status(&browser.send("/handsets/add", "mac=001565000001&extension=204").await), 303);
    let page = browser.get(&handset(1, "")).await;
    assert!(page.contains("have it come again") && page.contains(&handset(1, "/resync")));
    // It is not registered.
    for path in [handset(1, "/resync"), handset(1, "/restart")] {
        let refused = browser.send(&path, "").await;
        assert_eq!(status(&refused), 422, "{path}");
        assert!(refused.contains("This handset is not registered, so it cannot be asked."));
        assert_eq!(status(&browser.post(&path, "").await), 403, "without its token");
    }
    let bad = browser.send("/handsets/resync", "extensions=2x4&at=&errand=resync").await;
    assert!(status(&bad) == 422 && bad.contains("value=\"2x4\"") && bad.contains("204, 210-220"));
    let nobody = browser.send("/handsets/resync", "extensions=300-400&errand=resync").await;
    assert!(status(&nobody) == 422 && nobody.contains("No handset has such an extension."));
    let clock = browser.send("/handsets/resync", "at=22%3A30&errand=resync").await;
    assert!(status(&clock) == 422 && clock.contains("The box does not know the time"));
    let all = browser.send("/handsets/resync", "extensions=&at=&errand=restart").await;
    assert_eq!(header(&all, "location"), Some("/handsets?done=asked-many"));
    let page = browser.get("/handsets?done=asked-many").await;
    assert!(page.contains("Asked to come again: 1 not registered."));
    let off = browser.send("/handsets/resync/call-off", "").await;
    assert!(status(&off) == 422 && off.contains("nothing left to call off"));
    assert_eq!(status(&browser.get("/handsets/resync").await), 405);
}
