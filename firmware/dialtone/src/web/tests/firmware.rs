//! Firmware of phones: in by the page, out to phones, whole or not at all.

use super::browser::value;
use super::*;
use crate::http::tests::stand::phone;

/// What a stand has room for.
const ROOM: usize = 14 * 4_096;

fn content(bytes: usize) -> String {
    (0..bytes).map(|at| char::from(b'a' + (at % 23) as u8)).collect()
}

fn part(name: &str, more: &str, content: &str) -> String {
    format!("--x7y\r\nContent-Disposition: form-data; name=\"{name}\"{more}\r\n\r\n{content}\r\n")
}

impl Browser<'_> {
    /// Uploads a file for a model as the form does.
    async fn uploads(&mut self, file: &str, model: &str, content: &str) -> String {
        let maker = if model.is_empty() { "" } else { "yealink" };
        let named = format!("; filename=\"{file}\"\r\nContent-Type: application/octet-stream");
        let parts = [
            part("csrf", "", &self.csrf),
            part("maker", "", maker),
            part("model", "", model),
            part("name", "", ""),
            part("file", &named, content),
            "--x7y--\r\n".to_owned(),
        ];
        self.sends_parts(&parts.concat()).await
    }

    async fn sends_parts(&mut self, body: &str) -> String {
        self.content_type = "multipart/form-data; boundary=x7y";
        let answer = self.post("/firmware/upload", body).await;
        self.content_type = "application/x-www-form-urlencoded";
        answer
    }
}

async fn get(stand: &Stand, path: &str, more: &str) -> String {
    let head = format!("GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{more}\r\n");
    stand.say(phone(1), head).await
}

#[tokio::test]
async fn a_file_is_uploaded_served_whole_and_by_ranges_and_deleted() {
    let stand = Stand::with_shelf();
    let mut browser = Browser::new(&stand);
    browser.log_in_for_good().await;
    let page = browser.get("/firmware").await;
    assert!(page.contains("There is room for a file of <b>57,344 bytes</b>"), "{page}");
    let file = content(30_000);
    let done = browser.uploads("C:\\up\\T46U-108.86.0.20.rom", "t46u", &file).await;
    assert_eq!(header(&done, "location"), Some("/firmware?done=firmware"), "{done}");
    let page = browser.get("/firmware?done=firmware").await;
    assert!(page.contains("T46U-108.86.0.20.rom") && page.contains("Yealink T46U"), "{page}");
    assert!(page.contains("30,000") && page.contains("24,576 bytes"), "{page}");

    let path = "/prov/T46U-108.86.0.20.rom";
    let whole = get(&stand, path, "").await;
    assert_eq!((status(&whole), body(&whole) == file), (200, true));
    assert_eq!(header(&whole, "content-length"), Some("30000"));
    assert_eq!(header(&whole, "accept-ranges"), Some("bytes"));
    let etag = header(&whole, "etag").unwrap().to_owned();
    let head = format!("HEAD {path} HTTP/1.1\r\nConnection: close\r\n\r\n");
    let head = stand.say(phone(1), head).await;
    assert_eq!((header(&head, "content-length"), body(&head)), (Some("30000"), ""));

    let last = get(&stand, path, "Range: bytes=29990-\r\n").await;
    assert_eq!((status(&last), body(&last)), (206, &file[29_990..]));
    assert_eq!(header(&last, "content-range"), Some("bytes 29990-29999/30000"));
    let over = get(&stand, path, "Range: bytes=16000-17000\r\n").await;
    assert_eq!((status(&over), body(&over)), (206, &file[16_000..=17_000]));
    let beyond = get(&stand, path, "Range: bytes=30000-\r\n").await;
    assert_eq!((status(&beyond), header(&beyond, "content-range")), (416, Some("bytes */30000")));
    let same = format!("Range: bytes=0-9\r\nIf-Range: {etag}\r\n");
    assert_eq!(status(&get(&stand, path, &same).await), 206);
    let other = "Range: bytes=0-9\r\nIf-Range: \"other\"\r\n";
    assert_eq!(body(&get(&stand, path, other).await), file);

    let stranger = stand.fetch(Ipv4Addr::new(127, 0, 9, 9), path).await;
    assert_eq!(status(&stranger), 403);
    let page = browser.get("/firmware").await;
    let no = value(&page, "file").unwrap();
    let gone = browser.send("/firmware/delete", &format!("file={no}")).await;
    assert_eq!(header(&gone, "location"), Some("/firmware?done=firmware-deleted"));
    assert_eq!(status(&get(&stand, path, "").await), 404);
    assert!(browser.get("/firmware").await.contains("57,344 bytes"));
}

#[tokio::test]
async fn exactly_the_room_fits_and_one_byte_more_is_missing() {
    let stand = Stand::with_shelf();
    let mut browser = Browser::new(&stand);
    browser.log_in_for_good().await;
    browser.get("/firmware").await;
    let more = browser.uploads("a.rom", "", &content(ROOM + 1)).await;
    assert!(status(&more) == 422 && more.contains("too large: 1 bytes are missing"), "{more}");
    let much = browser.uploads("a.rom", "", &content(ROOM + 2_000_000)).await;
    assert!(status(&much) == 422 && much.contains("2,000,000 bytes are missing"), "{much}");
    let all = content(ROOM);
    let fits = browser.uploads("a.rom", "", &all).await;
    assert_eq!(status(&fits), 303, "{fits}");
    let fetched = get(&stand, "/prov/a.rom", "").await;
    assert!(body(&fetched) == all);
}

#[tokio::test]
async fn what_is_wrong_is_said_and_nothing_is_stored() {
    let stand = Stand::with_shelf();
    let mut browser = Browser::new(&stand);
    browser.log_in_for_good().await;
    for (file, model, content, said) in [
        ("001565000001.cfg", "", "x", "configuration by this name"),
        ("y000000000028.cfg", "", "x", "configuration by this name"),
        ("a b.rom", "", "x", "has letters, digits"),
        ("..", "", "x", "has letters, digits"),
        (&"n".repeat(65)[..], "", "x", "at most 64 characters"),
        ("", "", "x", "Choose a file first."),
        ("a.rom", "", "", "This file is empty."),
    ] {
        browser.get("/firmware").await;
        let refused = browser.uploads(file, model, content).await;
        assert!(status(&refused) == 422 && refused.contains(said), "{file}: {refused}");
    }
    // A maker without a model; a form without a file, garbled, or with another's token.
    browser.get("/firmware").await;
    let csrf = part("csrf", "", &browser.csrf);
    let file = part("file", "; filename=\"a.rom\"", "x");
    let half = [&csrf, &part("maker", "", "yealink"), &file, "--x7y--\r\n"].concat();
    let half = browser.sends_parts(&half).await;
    assert!(half.contains("Name both the maker and the model"), "{half}");
    let none = [&csrf[..], "--x7y--\r\n"].concat();
    assert!(browser.sends_parts(&none).await.contains("Choose a file first."));
    let cut = [&csrf[..], &file].concat();
    assert_eq!(status(&browser.sends_parts(&cut).await), 422);
    for body in [[&file[..], "--x7y--\r\n"].concat(), csrf.replace(&browser.csrf, "00") + &file] {
        assert_eq!(status(&browser.sends_parts(&body).await), 403, "{body}");
    }
    let page = browser.get("/firmware").await;
    assert!(page.contains("There is no file yet.") && page.contains("57,344 bytes"), "{page}");
}

#[tokio::test]
async fn an_upload_that_breaks_off_leaves_only_free_room() {
    let stand = Stand::with_shelf();
    let mut browser = Browser::new(&stand);
    browser.log_in_for_good().await;
    browser.get("/firmware").await;
    let parts = part("csrf", "", &browser.csrf) + &part("file", "; filename=\"a.rom\"", "");
    let begun = format!("{}{}", parts.trim_end(), "\r\n\r\n") + &content(20_000);
    browser.content_type = "multipart/form-data; boundary=x7y";
    let form = format!("{begun}{}", " ".repeat(20_000));
    let mut stream = browser.connected("/firmware/upload", &form[..begun.len()]).await;
    drop(until_half_closed(&mut stream).await);
    browser.content_type = "application/x-www-form-urlencoded";
    let page = browser.get("/firmware").await;
    assert!(page.contains("There is no file yet.") && page.contains("57,344 bytes"), "{page}");
}

/// Ends the sending and waits for the answer.
async fn until_half_closed(stream: &mut tokio::net::TcpStream) -> String {
    tokio::io::AsyncWriteExt::shutdown(stream).await.unwrap();
    crate::http::tests::stand::until_closed(stream).await
}

#[tokio::test]
async fn a_box_without_a_place_for_it_says_so() {
    let stand = Stand::up();
    let mut browser = Browser::new(&stand);
    browser.log_in_for_good().await;
    let page = browser.get("/firmware").await;
    assert!(page.contains("This box has no place for such files."), "{page}");
    browser.get("/handsets").await;
    let refused = browser.uploads("a.rom", "", "x").await;
    assert!(status(&refused) == 422 && refused.contains("no place"), "{refused}");
}

#[tokio::test]
async fn a_place_that_cannot_be_used_says_why() {
    let stand = Stand::with_flaw("firmware of phones is not kept in <flash>: it is damaged");
    let mut browser = Browser::new(&stand);
    browser.log_in_for_good().await;
    let page = browser.get("/firmware").await;
    let why = "it was said: firmware of phones is not kept in &#60;flash&#62;: it is damaged.";
    assert!(page.contains("No file can be kept on this box.") && page.contains(why), "{page}");
    let refused = browser.uploads("a.rom", "", "x").await;
    assert!(status(&refused) == 422 && refused.contains("no place"), "{refused}");
}
