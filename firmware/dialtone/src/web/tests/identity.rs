//! How phones are recognised: a sign is added, tried and removed.

use super::browser::Browser;
use crate::http::tests::stand::{header, status, Stand};

#[tokio::test]
async fn a_sign_is_added_tried_and_removed() {
    let stand = Stand::up();
    let mut browser = Browser::new(&stand);
    browser.log_in_for_good().await;
    assert!(browser.get("/settings").await.contains("href=\"/identity\""));
    assert!(browser.get("/identity").await.contains("0 of 64"));
    let tried = "kind=user-agent&text=Acme+X7%2F1.2.3";
    let before = browser.send("/identity/try", tried).await;
    assert!(status(&before) == 200 && before.contains("Nothing is known of it."), "{before}");
    let pattern = "%5EAcme+%28%3FP%3Cmodel%3E%5Cw%2B%29%2F%7Bversion%7D";
    let added = format!("kind=user-agent&pattern={pattern}&maker=htek&model=&version=");
    let sent = browser.send("/identity/change", &added).await;
    assert_eq!(header(&sent, "location"), Some("/identity?done=sign-added"), "{sent}");
    let page = browser.get("/identity?done=sign-added").await;
    assert!(page.contains("The sign was added.") && page.contains("1 of 64"), "{page}");
    let page = browser.send("/identity/try", tried).await;
    assert!(page.contains("Htek X7, firmware 1.2.3") && page.contains("added here"), "{page}");
    let removed = format!("kind=user-agent&pattern={pattern}&remove=yes");
    let sent = browser.send("/identity/change", &removed).await;
    assert_eq!(header(&sent, "location"), Some("/identity?done=sign-removed"), "{sent}");
    let again = browser.send("/identity/change", &removed).await;
    assert!(status(&again) == 422 && again.contains("not there any more"), "{again}");
}

#[tokio::test]
async fn a_sign_that_makes_no_sense_comes_back_beside_its_field() {
    let stand = Stand::up();
    let mut browser = Browser::new(&stand);
    browser.log_in_for_good().await;
    browser.get("/identity").await;
    for (form, said) in [
        ("kind=oui&pattern=80%3A5e&maker=snom", "A prefix is the first 6, 7 or 9 characters"),
        ("kind=vendor-class&pattern=%28acme&maker=snom", "A bracket of this pattern"),
        ("kind=vendor-class&pattern=.*&maker=snom", "This pattern fits every device"),
        ("kind=vendor-class&pattern=acme&maker=acme", "This maker is not known."),
        ("kind=colour&pattern=acme&maker=snom", "This form came incomplete."),
    ] {
        let sent = browser.send("/identity/change", form).await;
        assert!(status(&sent) == 422 && sent.contains(said), "{form}: {sent}");
    }
    assert!(browser.get("/identity").await.contains("0 of 64"));
}
