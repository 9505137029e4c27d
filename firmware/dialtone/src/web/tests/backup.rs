//! A backup is taken from one box and brings another one back: only whole, only with its
//! passphrase, and only for whoever looked at it.

use super::browser::value;
use super::*;
use exchange::backup::{self, Secrets};
use exchange::certificates::{CertificatePlace, Kept};
use exchange::state::{Durable, Event};
use exchange::PrivateKey;

const PASSPHRASE: &str = "four+blue+herons+on+a+wire";
const BOUNDARY: &str = "multipart/form-data; boundary=x7y";

impl Browser<'_> {
    /// Sends a backup to be looked at.
    async fn sends(&mut self, text: &str, passphrase: &str) -> String {
        let part = |name: &str, more: &str, content: &str| {
            format!(
                "--x7y\r\nContent-Disposition: form-data; name=\"{name}\"{more}\r\n\r\n{content}\r\n"
            )
        };
        let parts = [
            part("csrf", "", &self.csrf),
            part("file", "; filename=\"b.txt\"\r\nContent-Type: text/plain", text),
            part("passphrase", "", passphrase),
            "--x7y--\r\n".to_owned(),
        ];
        self.content_type = BOUNDARY;
        let answer = self.post("/system/backup/restore", &parts.concat()).await;
        self.content_type = "application/x-www-form-urlencoded";
        answer
    }

    async fn backs_up(&mut self) -> String {
        let answer = self.send("/system/backup/file", "").await;
        assert_eq!(
            header(&answer, "content-disposition"),
            Some("attachment; filename=dialtone.txt")
        );
        assert_eq!(header(&answer, "cache-control"), Some("no-store"));
        assert_eq!(header(&answer, "content-type"), Some("text/plain; charset=utf-8"));
        body(&answer).to_owned()
    }

    async fn confirms(&mut self, page: &str) -> String {
        let token = value(page, "restore").unwrap();
        self.send("/system/backup/confirm", &format!("restore={token}")).await
    }
}

/// A box with a handset and a passphrase, and its backup.
async fn backed_up(stand: &Stand) -> String {
    let mut browser = Browser::new(stand);
    browser.log_in_for_good().await;
    browser.send("/handsets/add", "mac=001565000001&extension=204&name=Ann").await;
    let left_out = browser.backs_up().await;
    assert!(left_out.starts_with("dialtone-state 1\n") && !left_out.contains("password="));
    let short = browser.send("/system/backup/passphrase", "new=short&again=short").await;
    assert!(status(&short) == 422 && short.contains("Use at least 8 characters."));
    let form = format!("new={PASSPHRASE}&again={PASSPHRASE}");
    let set = browser.send("/system/backup/passphrase", &form).await;
    assert_eq!(header(&set, "location"), Some("/system/backup?done=passphrase"));
    let page = browser.get("/system/backup?done=passphrase").await;
    assert!(page.contains("The backup passphrase is set.") && page.contains("It is set."));
    let sealed = browser.backs_up().await;
    assert!(sealed.contains("password=sealed:") && !sealed.contains("clear:"));
    assert_eq!(browser.backs_up().await, sealed);
    sealed
}

#[tokio::test]
async fn a_backup_brings_another_box_back_with_its_passphrase() {
    let text = backed_up(&Stand::up()).await;
    let other = Stand::up();
    let mut browser = Browser::new(&other);
    browser.log_in_for_good().await;
    let page = browser.get("/system/backup").await;
    assert!(page.contains("No backup passphrase is set"));
    for (passphrase, why) in [
        ("four blue herons", "It was made with another passphrase."),
        ("", "the passphrase that it was made with is needed"),
    ] {
        let refused = browser.sends(&text, passphrase).await;
        assert!(status(&refused) == 422 && refused.contains(why), "{refused}");
    }
    let passphrase = PASSPHRASE.replace('+', " ");
    let tampered = text.replacen("extension=204", "extension=04", 1);
    let refused = browser.sends(&tampered, &passphrase).await;
    let number = 1 + text.lines().position(|line| line.contains("extension=204")).unwrap();
    let said = format!("Line {number}: `extension` has to be");
    assert!(status(&refused) == 422 && refused.contains(&said), "{refused}");
    assert!(!browser.get("/handsets").await.contains(&handset(1, "")));

    let looked = browser.sends(&text, &passphrase).await;
    assert!(status(&looked) == 200 && looked.contains("Restore this backup?"), "{looked}");
    assert!(looked.contains("that of the backup"));
    // Looked at is not restored.
    assert!(!browser.get("/handsets").await.contains(&handset(1, "")));
    let confirmed = browser.confirms(&looked).await;
    assert!(status(&confirmed) == 200, "{confirmed}");
    assert!(confirmed.contains("The backup is in the flash memory."), "{confirmed}");
    // Nobody is logged in any more; the password is the one that was backed up.
    assert_eq!(header(&browser.get("/handsets").await, "location"), Some("/login"));
    let mut browser = Browser::new(&other);
    assert_eq!(status(&browser.log_in("three odd words").await), 303);
    let page = browser.get("/handsets").await;
    assert!(page.contains(&handset(1, "")) && page.contains("Ann"));
    browser.get("/password").await;
    assert_eq!(browser.backs_up().await, text);
}

#[tokio::test]
async fn only_who_looked_at_a_backup_restores_it_and_in_time() {
    let stand = Stand::up();
    let mut browser = Browser::new(&stand);
    browser.log_in_for_good().await;
    let empty = "dialtone-state 1\n";
    let late = |answer: &str| status(answer) == 422 && answer.contains("Choose the file again.");

    let first = browser.sends(empty, "").await;
    let second = browser.sends(empty, "").await;
    assert!(late(&browser.confirms(&first).await), "another one was looked at since");
    let mut other = Browser::new(&stand);
    other.log_in("three odd words").await;
    assert!(late(&other.confirms(&second).await), "it is somebody else's");
    assert!(late(&browser.confirms(&second).await), "it is used up");
    let third = browser.sends(empty, "").await;
    stand.now.fetch_add(exchange::limits::RESTORE_WAITS_MS + 1, Ordering::Relaxed);
    assert!(late(&browser.confirms(&third).await));
    assert!(late(&browser.send("/system/backup/confirm", "").await));

    let fourth = browser.sends(empty, "").await;
    let done = browser.confirms(&fourth).await;
    assert!(status(&done) == 200 && done.contains("start it again"), "{done}");
}

#[tokio::test]
async fn a_backup_whose_certificate_could_not_be_shown_is_not_restored() {
    let text = include_str!("../../../../../tests/golden/packets/x509/site.hex");
    let digits: String = text.lines().filter(|line| !line.starts_with('#')).collect();
    let pairs = digits.as_bytes().chunks(2).map(|two| std::str::from_utf8(two).unwrap());
    let chain = pairs.map(|two| u8::from_str_radix(two, 16).unwrap()).collect();
    let becomes = Some(Kept { chain, key: PrivateKey(b"no key of this".to_vec()) });
    let mut state = Durable::default();
    state.apply(&Event::CertificateChanged { place: CertificatePlace::Installed, becomes });
    let text = backup::write(&state, Secrets::Clear);
    let stand = Stand::up();
    let mut browser = Browser::new(&stand);
    browser.log_in_for_good().await;
    let refused = browser.sends(&text, "").await;
    let why = "A certificate in it cannot be shown. The private key is of a kind";
    assert!(status(&refused) == 422 && refused.contains(why), "{refused}");
}

#[tokio::test]
async fn a_backup_is_sent_by_our_page_whole_and_within_bounds() {
    let stand = Stand::up();
    let mut browser = Browser::new(&stand);
    browser.log_in_for_good().await;
    let none = browser.sends("", "").await;
    assert!(status(&none) == 422 && none.contains("Choose the file of a backup first."));
    let foreign = browser.sends("hello", "").await;
    assert!(status(&foreign) == 422 && foreign.contains("not the state of a Dialtone"));
    let bad = format!("dialtone-state 1\n{}", "<script>alert(1)</script>\n".repeat(60));
    let bad = browser.sends(&bad, "").await;
    assert!(
        status(&bad) == 422 && bad.contains("Line 41:") && bad.contains("and 20 more"),
        "{bad}"
    );
    assert!(!bad.contains("<script>alert"));

    let token = std::mem::replace(&mut browser.csrf, "wrong".to_owned());
    assert_eq!(status(&browser.sends("dialtone-state 1\n", "").await), 403);
    browser.csrf = token;
    let form = format!("csrf={}&file=x", browser.csrf);
    assert_eq!(status(&browser.post("/system/backup/restore", &form).await), 400);
    browser.extra = "Sec-Fetch-Site: cross-site\r\n".to_owned();
    assert_eq!(status(&browser.sends("dialtone-state 1\n", "").await), 403);
    browser.extra = String::new();
    let huge = format!(
        "POST /system/backup/restore HTTP/1.1\r\nHost: localhost\r\nCookie: dialtone={}\r\n\
         Content-Type: {BOUNDARY}\r\nContent-Length: 9999999\r\nConnection: close\r\n\r\n",
        browser.cookie("dialtone").unwrap()
    );
    assert_eq!(status(&stand.say(HOME, huge).await), 413);
}

/// A backup of a box that has this template of its own for all its Yealinks.
async fn with_template(stand: &Stand, source: &str) -> String {
    let mut browser = Browser::new(stand);
    browser.log_in_for_good().await;
    browser.send("/handsets/add", "mac=001565000001&extension=204&name=Ann").await;
    let lines: String = source.lines().map(|line| format!("source text=\"{line}\"\n")).collect();
    let place = "template for=yealink/mac.cfg layer=family maker=yealink";
    format!("{}{place}\n{lines}", browser.backs_up().await)
}

#[tokio::test]
async fn a_template_of_a_backup_is_tried_before_anything_is_restored() {
    let stand = Stand::with_stage();
    let good = with_template(&stand, "a = {{ site.server }}\nb = {{ handset.mac }}").await;
    let mut browser = Browser::new(&stand);
    browser.log_in("three odd words").await;
    browser.get("/system/backup").await;
    let page = browser.sends(&good, "").await;
    assert_eq!(status(&page), 200, "{page}");
    let bad = good.replace("site.server", "site.servr");
    let refused = browser.sends(&bad, "").await;
    assert_eq!(status(&refused), 422, "{refused}");
    let named = "Its template yealink/mac.cfg for all Yealink phones fails: Line 1, column ";
    assert!(refused.contains(named), "{refused}");
    assert!(value(&refused, "restore").is_none(), "nothing waits to be confirmed");
    let list = browser.get("/templates").await;
    assert!(!list.contains("all Yealink phones"), "nothing has changed");
    // The one that doubles a text until memory ends is stopped as it is when it is saved.
    let doubling = "{% set n = namespace(a='xxxxxxxx') %}{% for i in range(40) %}\
        {% set n.a = n.a ~ n.a %}{% endfor %}{{ n.a | length }}";
    let refused = browser.sends(&good.replace("a = {{ site.server }}", doubling), "").await;
    assert_eq!(status(&refused), 422, "{refused}");
}

#[tokio::test]
async fn a_box_that_cannot_try_templates_restores_none() {
    let stand = Stand::up();
    let text = with_template(&stand, "a = 1").await;
    let mut browser = Browser::new(&stand);
    browser.log_in("three odd words").await;
    browser.get("/system/backup").await;
    let refused = browser.sends(&text, "").await;
    assert!(status(&refused) == 422 && refused.contains("It cannot be tried"), "{refused}");
}
