//! An admin changes a template: he sees what it does before it is done, and bad ones are refused.

use super::browser::{value, Browser};
use super::handset;
use crate::http::tests::stand::{body, header, phone_mac, status, Stand};

const PLACE: &str = "template=yealink/mac.cfg&layer=family&maker=yealink";

/// A Yealink that has its file, and an admin.
async fn stage() -> Stand {
    let stand = Stand::with_stage();
    let form = format!("mac={}&extension=204&name=Ann", phone_mac(7).bare());
    let mut browser = Browser::new(&stand);
    browser.log_in_for_good().await;
    assert_eq!(status(&browser.send("/handsets/add", &form).await), 303);
    stand
}

async fn admin(stand: &Stand) -> Browser<'_> {
    let mut browser = Browser::new(stand);
    browser.log_in("three odd words").await;
    browser.get("/templates").await;
    browser
}

fn encoded(source: &str) -> String {
    source.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

async fn preview(browser: &mut Browser<'_>, source: &str, seen: &str) -> String {
    let form = format!("{PLACE}&seen={seen}&source={}", encoded(source));
    browser.send("/templates/preview", &form).await
}

/// The file as its page shows it.
async fn shown(browser: &mut Browser<'_>) -> String {
    let page = browser.get(&handset(7, "/files?template=yealink/mac.cfg")).await;
    assert_eq!(status(&page), 200);
    body(&page).to_owned()
}

#[tokio::test]
async fn a_change_is_seen_then_applied_and_taken_back_in_one_step() {
    let stand = stage().await;
    let mut browser = admin(&stand).await;
    let list = browser.get("/templates").await;
    assert!(list.contains("yealink/mac.cfg") && list.contains("the shipped one is in force"));
    let file = browser.get("/templates/file?template=yealink/mac.cfg").await;
    assert!(file.contains("{{ line.password }}"), "the shipped source is there to read");
    let edit = browser.send("/templates/edit", PLACE).await;
    assert_eq!(status(&edit), 200);
    assert!(edit.contains("for all Yealink phones") && edit.contains("{{ line.password }}"));

    let source = "x = {{ handset.lines[0].name }}\r\np = {{ handset.lines[0].password }}\r\n";
    let seen = value(body(&edit), "seen").unwrap();
    let page = preview(&mut browser, source, &seen).await;
    assert_eq!(status(&page), 200, "{page}");
    assert!(page.contains("1 file changes.") && page.contains("204 Ann"), "{page}");
    assert!(page.contains("x = Ann") && page.contains("p = ********"), "{page}");
    assert!(page.contains("account.1.password = ********"), "{page}");
    // Nothing is done yet.
    assert!(!shown(&mut browser).await.contains("x = Ann"));
    let token = value(body(&page), "change").unwrap();
    let done = browser.send("/templates/apply", &format!("change={token}")).await;
    let place = "/templates/file?template=yealink/mac.cfg&done=applied";
    assert_eq!((status(&done), header(&done, "location")), (303, Some(place)));
    let page = shown(&mut browser).await;
    assert!(page.contains("x = Ann") && page.contains("all Yealink phones, line 1"), "{page}");
    assert!(page.contains("handset.lines (the handset)"), "{page}");
    // A change is applied once.
    let again = browser.send("/templates/apply", &format!("change={token}")).await;
    assert_eq!(status(&again), 422);

    let done = browser.send("/templates/return", PLACE).await;
    assert_eq!(status(&done), 303, "{done}");
    assert!(!shown(&mut browser).await.contains("x = Ann"));
    browser.send("/templates/return", PLACE).await;
    assert!(shown(&mut browser).await.contains("x = Ann"));
    let page = browser.send("/templates/remove", PLACE).await;
    assert!(status(&page) == 200 && page.contains("Remove it"), "{page}");
    let token = value(body(&page), "change").unwrap();
    browser.send("/templates/apply", &format!("change={token}")).await;
    assert!(!shown(&mut browser).await.contains("x = Ann"));
    assert_eq!(status(&browser.send("/templates/forget", PLACE).await), 303);
    assert_eq!(status(&browser.send("/templates/return", PLACE).await), 422);
}

#[tokio::test]
async fn a_template_that_fails_is_refused_beside_the_field_and_the_old_one_stays() {
    let stand = stage().await;
    let mut browser = admin(&stand).await;
    let loops = "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}";
    let doubles = format!("{{% set a = 'xxxxxxxx' %}}{}", "{% set a = a ~ a %}".repeat(40));
    for (source, said) in [
        ("a\n  {{ site.servr }}\n", "Line 2, column 6: There is no such value"),
        ("{% if %}", "Line 1, column 7: Syntax error"),
        (loops, "It takes more steps than a template may"),
        (&doubles, "a text grows too large"),
        ("", "There is nothing in it."),
        (&"x".repeat(32 * 1024 + 1), "a template has at most 32768."),
    ] {
        let page = preview(&mut browser, source, "0").await;
        assert!(status(&page) == 422 && page.contains(said), "{said}: {page}");
        assert!(page.contains("source-error") && page.contains("Nothing was changed"), "{page}");
        assert!(value(body(&page), "change").is_none());
    }
    assert!(shown(&mut browser).await.contains("shipped, line"));
    // What was typed is kept.
    let page = preview(&mut browser, "keep {{ this }}", "0").await;
    assert!(page.contains("keep {{ this }}"), "{page}");
    for bad in ["template=a/b&layer=site", "template=yealink/mac.cfg&layer=handset&mac=1"] {
        let answer = browser.send("/templates/edit", bad).await;
        assert!(matches!(status(&answer), 404 | 422), "{answer}");
    }
    let stale = preview(&mut browser, "good\n", "77").await;
    assert!(status(&stale) == 422 && stale.contains("changed meanwhile"), "{stale}");
    assert_eq!(status(&browser.get(&handset(9, "/files")).await), 404);
    assert_eq!(status(&browser.get(&handset(7, "/files?template=snom/mac.htm")).await), 404);
}
