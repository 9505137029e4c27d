//! Switches, gates, the key, bans and strangers, as a browser asks for them.

use super::{handset, NEW_PASSWORD};
use crate::http::tests::stand::{header, phone_mac, status, Stand};
use crate::web::tests::browser::Browser;

#[tokio::test]
async fn switches_are_set_under_the_labels_that_installers_look_for() {
    let stand = Stand::up();
    let mut browser = Browser::new(&stand);
    browser.log_in_for_good().await;
    browser.get("/handsets").await;
    let page = browser.get("/voip").await;
    for label in [
        "Disable Phone Creates via LAN Plug-and-Play",
        "Disable Phone Creates via WAN (Remote Phone) Plug-and-Play",
        "Disable Assign User at Phone",
    ] {
        assert!(page.contains(label), "{label}");
    }
    assert!(page.contains("At present: Guarded."));
    let set = browser.send("/voip/switch", "name=assign-at-phone&disabled=yes").await;
    assert_eq!((status(&set), header(&set, "location")), (303, Some("/voip?done=switched")));
    let page = browser.get("/voip").await;
    assert!(page.contains("At present: a choice of its own.") && page.contains("Set from 127."));
    assert_eq!(status(&browser.send("/voip/profile", "profile=Locked").await), 303);
    assert!(browser.get("/voip").await.contains("At present: Locked."));
    assert!(browser.get("/system").await.contains("<dt>New phones</dt><dd>Locked</dd>"));
    for (path, form) in [
        ("/voip/profile", "profile=None"),
        ("/voip/switch", "name=all&disabled=yes"),
        ("/voip/gate", "side=lan&minutes=100000"),
        ("/strangers/ban", "mac=1&banned=yes"),
        ("/strangers/ignore", "mac=001565000001&ignored=yes"),
    ] {
        assert_eq!(status(&browser.send(path, form).await), 422, "{path}");
    }
    assert_eq!(status(&browser.send("/voip/gate", "side=lan&minutes=5").await), 303);
    assert!(browser.get("/voip").await.contains("Open for"));
}

#[tokio::test]
async fn the_key_is_shown_for_a_password_only_and_stays_on_no_page() {
    let stand = Stand::up();
    let mut browser = Browser::new(&stand);
    browser.log_in_for_good().await;
    browser.get("/handsets").await;
    assert_eq!(status(&browser.send("/voip/key/draw", "").await), 303);
    let wrong = browser.send("/voip/key/show", "password=wrong").await;
    assert!(status(&wrong) == 403 && !wrong.contains("The key is"));
    let form = format!("password={NEW_PASSWORD}");
    let shown = browser.send("/voip/key/show", &form).await;
    assert_eq!((status(&shown), header(&shown, "cache-control")), (200, Some("no-store")));
    let (_, key) = shown.split_once("The key is <code>").unwrap();
    let key = key.split('<').next().unwrap().to_owned();
    assert_eq!(key.len(), 16);
    for page in ["/voip", "/strangers", "/handsets", "/system"] {
        assert!(!browser.get(page).await.contains(&key), "{page}");
    }
    assert_eq!(status(&browser.send("/voip/key/draw", "").await), 303);
    let again = browser.send("/voip/key/show", &form).await;
    assert!(again.contains("The key is") && !again.contains(&key));
}

#[tokio::test]
async fn a_banned_address_is_no_handset_until_the_ban_is_lifted() {
    let stand = Stand::up();
    let mut browser = Browser::new(&stand);
    browser.log_in_for_good().await;
    browser.get("/handsets").await;
    let mac = phone_mac(1).bare();
    let ban = |banned: &str| format!("mac={mac}&banned={banned}");
    assert_eq!(status(&browser.send("/strangers/ban", &ban("yes")).await), 303);
    assert!(browser.get("/strangers").await.contains(&phone_mac(1).to_string()));
    let add = format!("mac={mac}");
    let refused = browser.send("/handsets/add", &add).await;
    assert!(status(&refused) == 422 && refused.contains("This MAC address is banned."));
    assert_eq!(status(&browser.send("/strangers/ban", &ban("no")).await), 303);
    assert_eq!(status(&browser.send("/handsets/add", &add).await), 303);
}

#[tokio::test]
async fn the_web_password_of_a_phone_is_shown_for_a_password_and_drawn_anew() {
    let stand = Stand::up();
    let mut browser = Browser::new(&stand);
    browser.log_in_for_good().await;
    browser.get("/handsets").await;
    let added = browser.send("/handsets/add", &format!("mac={}", phone_mac(1).bare())).await;
    assert_eq!(status(&added), 303);
    let form = format!("password={NEW_PASSWORD}");
    assert_eq!(status(&browser.send(&handset(1, "/password"), "password=wrong").await), 403);
    let shown = browser.send(&handset(1, "/password"), &form).await;
    assert_eq!(status(&shown), 200);
    let secret = |page: &str| {
        let (_, rest) = page.split_once("The password of its web page is <code>").unwrap();
        rest.split('<').next().unwrap().to_owned()
    };
    let before = secret(&shown);
    assert!(!browser.get(&handset(1, "")).await.contains(&before));
    assert_eq!(status(&browser.send(&handset(1, "/lost"), "").await), 303);
    assert_ne!(secret(&browser.send(&handset(1, "/password"), &form).await), before);
    // This box has no port to the WAN.
    let refused = browser.send(&handset(1, "/remote"), "remote=yes").await;
    assert!(status(&refused) == 422 && refused.contains("no port to the WAN"));
}
