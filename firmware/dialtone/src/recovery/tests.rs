//! Conversations with a box whose state cannot be used, over real connections.

mod restore;

use super::{Entrance, Recovery};
use crate::chip::{self, Chip};
use crate::flash;
use crate::http::tests::stand::{body, header, status, until_closed, Stand, HOME};
use crate::nor_file::Timing;
use journal::mem::MemFlash;
use journal::{Flash, Geometry, Journal};
use pages::recovery::Problem;
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4};
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpSocket, TcpStream};
use tokio::task::JoinHandle;

const CHIP_BYTES: usize = 1024 * 1024;

/// A file that goes with the test.
struct StateFile(PathBuf);

impl StateFile {
    fn holding(bytes: &[u8]) -> StateFile {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let no = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("dialtone-recovery-{}-{no}", std::process::id());
        let file = StateFile(std::env::temp_dir().join(name));
        std::fs::write(&file.0, bytes).unwrap();
        file
    }

    fn bytes(&self) -> Vec<u8> {
        std::fs::read(&self.0).unwrap()
    }

    /// What the daemon says of it when it starts.
    fn opens(&self) -> Result<(), String> {
        let chip = Chip::open(&self.0, Timing::Host).map_err(|problem| problem.to_string())?;
        flash::open(chip).map(|_opened| ()).map_err(|problem| problem.to_string())
    }
}

impl Drop for StateFile {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

/// The same noise each time.
fn noise() -> Vec<u8> {
    let mut word = 0x2545_f491_4f6c_dd1d_u64;
    let mut next = || {
        word ^= word << 13;
        word ^= word >> 7;
        word ^= word << 17;
        word as u8
    };
    (0..CHIP_BYTES).map(|_| next()).collect()
}

/// A running recovery page.
struct Box {
    at: SocketAddrV4,
    code: String,
    serving: JoinHandle<u32>,
}

impl Box {
    fn up(state: &StateFile, problem: Problem) -> Box {
        let at = SocketAddrV4::new(HOME, 0);
        let entrances = [Entrance { at, prefix: 8, device: None }];
        let recovery = Recovery::open(&entrances, &state.0, Timing::Host, problem, None).unwrap();
        let SocketAddr::V4(at) = recovery.doors[0].listener.local_addr().unwrap() else { panic!() };
        let code = recovery.code();
        let serving = tokio::spawn(async move {
            let mut beats = 0;
            recovery.serve(|| beats += 1).await;
            beats
        });
        Box { at, code, serving }
    }

    async fn connect(&self, source: Ipv4Addr) -> TcpStream {
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind(SocketAddr::V4(SocketAddrV4::new(source, 0))).unwrap();
        socket.connect(SocketAddr::V4(self.at)).await.unwrap()
    }

    async fn say(&self, request: &str) -> String {
        let mut stream = self.connect(HOME).await;
        let _ = stream.write_all(request.as_bytes()).await;
        until_closed(&mut stream).await
    }

    async fn get(&self, path: &str) -> String {
        self.say(&format!("GET {path} HTTP/1.1\r\nHost: {HOME}\r\n\r\n")).await
    }

    async fn post(&self, path: &str, form: &str) -> String {
        let kind = "Content-Type: application/x-www-form-urlencoded";
        let length = form.len();
        self.say(&format!(
            "POST {path} HTTP/1.1\r\nHost: {HOME}\r\n{kind}\r\nContent-Length: {length}\r\n\r\n\
             {form}"
        ))
        .await
    }

    async fn over(self) -> u32 {
        tokio::time::timeout(Duration::from_secs(20), self.serving).await.unwrap().unwrap()
    }
}

#[tokio::test]
async fn noise_is_named_kept_and_erased_only_with_the_code_and_the_word() {
    let state = StateFile::holding(&noise());
    assert!(state.opens().is_err());
    let stand = Box::up(&state, Problem::Foreign);
    let page = stand.get("/").await;
    assert_eq!(status(&page), 200);
    assert!(body(&page).contains("it holds something that is not Dialtone&#39;s"), "{page}");
    assert!(body(&page).contains("No phone is served") && !page.contains(&stand.code));
    let erase = pages::recovery::ERASE;
    let forms = [
        ("code=aaaa-aaaa&word=erase".to_owned(), 403, "This is not the code."),
        ("word=erase".to_owned(), 403, "This is not the code."),
        (format!("code={}", stand.code), 422, "Type the word"),
        (format!("code={}&word=yes", stand.code), 422, "Type the word"),
    ];
    for (form, expected, words) in forms {
        let answer = stand.post(erase, &form).await;
        assert_eq!((status(&answer), body(&answer).contains(words)), (expected, true), "{answer}");
    }
    assert!(state.bytes() == noise(), "nothing was changed");
    let granted = stand.post(erase, &format!("code={}&word=erase", stand.code)).await;
    assert_eq!(status(&granted), 200);
    assert!(body(&granted).contains("The state is being erased"), "{granted}");
    stand.over().await;
    assert_eq!(state.opens(), Ok(()));
}

#[tokio::test]
async fn what_is_there_is_downloaded_whole_with_the_code_only() {
    let state = StateFile::holding(&noise());
    let stand = Box::up(&state, Problem::Foreign);
    let refused = stand.post(pages::recovery::COPY, "code=aaaa-aaaa").await;
    assert_eq!(status(&refused), 403);
    // So little room that the whole copy cannot wait in the kernel: it gives a sender room for
    // twenty segments at once, which on a loopback would be more than there is to send.
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4_096).unwrap();
    nix::sys::socket::setsockopt(&socket, nix::sys::socket::sockopt::TcpMaxSeg, &536).unwrap();
    socket.bind(SocketAddr::V4(SocketAddrV4::new(HOME, 0))).unwrap();
    let mut stream = socket.connect(SocketAddr::V4(stand.at)).await.unwrap();
    let form = format!("code={}", stand.code);
    let request = format!(
        "POST {} HTTP/1.1\r\nHost: {HOME}\r\nContent-Type: application/x-www-form-urlencoded\r\n\
         Content-Length: {}\r\n\r\n{form}",
        pages::recovery::COPY,
        form.len()
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    // Nobody else gets it while this one has not read it.
    let mut peeked = [0; 12];
    stream.peek(&mut peeked).await.unwrap();
    let meanwhile = stand.post(pages::recovery::COPY, &form).await;
    assert_eq!(status(&meanwhile), 409, "{meanwhile}");
    let mut whole = Vec::new();
    tokio::io::AsyncReadExt::read_to_end(&mut stream, &mut whole).await.unwrap();
    let head = whole.windows(4).position(|four| four == b"\r\n\r\n").unwrap();
    let text = String::from_utf8_lossy(&whole[..head + 4]).into_owned();
    assert_eq!(header(&text, "content-length"), Some("1048576"));
    assert!(header(&text, "content-disposition").unwrap().starts_with("attachment;"));
    assert!(whole[head + 4..] == noise());
    let again = stand.post(pages::recovery::COPY, &form).await;
    assert_eq!(status(&again), 200);
}

#[tokio::test]
async fn a_file_of_a_wrong_size_is_never_erased() {
    let state = StateFile::holding(&[7; 4_096]);
    let why = state.opens().unwrap_err();
    assert_eq!(why, "it is not a state file of Dialtone (4096 bytes), and is left untouched");
    let stand = Box::up(&state, Problem::FileSize { bytes: 4_096 });
    let page = stand.get("/").await;
    assert!(!body(&page).contains(pages::recovery::ERASE), "{page}");
    let form = format!("code={}&word=erase", stand.code);
    assert_eq!(status(&stand.post(pages::recovery::ERASE, &form).await), 409);
    let restarts = stand.post(pages::recovery::RESTART, &form).await;
    assert!(body(&restarts).contains("The box restarts"), "{restarts}");
    stand.over().await;
    assert_eq!(state.bytes(), [7; 4_096]);
}

#[tokio::test]
async fn an_erasing_that_fails_is_said_and_can_be_tried_again() {
    let state = StateFile::holding(&noise());
    let stand = Box::up(&state, Problem::Foreign);
    std::fs::write(&state.0, []).unwrap();
    let form = format!("code={}&word=erase", stand.code);
    assert_eq!(status(&stand.post(pages::recovery::ERASE, &form).await), 200);
    let mut page = stand.get("/").await;
    while body(&page).contains("is being erased") {
        tokio::time::sleep(Duration::from_millis(10)).await;
        page = stand.get("/").await;
    }
    assert!(body(&page).contains("The state could not be erased: the chip reports"), "{page}");
    std::fs::write(&state.0, noise()).unwrap();
    assert_eq!(status(&stand.post(pages::recovery::ERASE, &form).await), 200);
    stand.over().await;
    assert_eq!(state.opens(), Ok(()));
}

#[tokio::test]
async fn many_wrong_codes_make_the_right_one_wait() {
    let state = StateFile::holding(&noise());
    let stand = Box::up(&state, Problem::Foreign);
    for _ in 0..10 {
        let answer = stand.post(pages::recovery::RESTART, "code=aaaa-aaaa").await;
        assert_eq!(status(&answer), 403);
    }
    // The wait may have passed on a busy machine: each further wrong one doubles it.
    let mut answer = String::new();
    for _ in 0..4 {
        answer = stand.post(pages::recovery::RESTART, "code=aaaa-aaaa").await;
        if status(&answer) == 429 {
            break;
        }
    }
    assert_eq!(status(&answer), 429);
    assert!(header(&answer, "retry-after").is_some() && answer.contains("Too many wrong codes"));
}

#[tokio::test]
async fn under_every_other_address_the_page_is_there_and_a_phone_is_told_to_come_back() {
    let state = StateFile::holding(&noise());
    let stand = Box::up(&state, Problem::Foreign);
    for path in ["/handsets", "/login", "/prov/001565000001.cfg", "/recovery/erase", "//", "/%00"] {
        let answer = stand.get(path).await;
        assert_eq!((status(&answer), header(&answer, "retry-after")), (503, Some("60")), "{path}");
        assert!(body(&answer).contains("No phone is served"), "{path}");
    }
    for asset in pages::assets() {
        assert_eq!(status(&stand.get(asset.path).await), 200);
    }
}

#[tokio::test]
async fn requests_that_no_browser_of_this_network_sends_are_refused() {
    let state = StateFile::holding(&noise());
    let stand = Box::up(&state, Problem::Foreign);
    let form = "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: ";
    let long = "x".repeat(8_000);
    let requests = [
        (421, "GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n".to_owned()),
        (421, "GET / HTTP/1.1\r\n\r\n".to_owned()),
        (
            411,
            format!(
                "GET / HTTP/1.1\r\nHost: {HOME}\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
            ),
        ),
        (
            415,
            format!("POST /recovery/erase HTTP/1.1\r\nHost: {HOME}\r\nContent-Length: 0\r\n\r\n"),
        ),
        (400, format!("POST /recovery/copy HTTP/1.1\r\nHost: {HOME}\r\n{form}2\r\n\r\n%z")),
        (413, format!("POST /recovery/copy HTTP/1.1\r\nHost: {HOME}\r\n{form}8000\r\n\r\n{long}")),
        (503, format!("PUT /boot.log HTTP/1.1\r\nHost: {HOME}\r\nContent-Length: 0\r\n\r\n")),
        (431, format!("GET / HTTP/1.1\r\nHost: {HOME}\r\nX: {}\r\n\r\n", "x".repeat(70_000))),
    ];
    for (expected, request) in requests {
        let answer = stand.say(&request).await;
        // What is not read to its end may be lost with the connection.
        assert!([expected, 0].contains(&status(&answer)), "{expected}: {answer}");
        assert!(request.len() > 2_000 || status(&answer) == expected, "{expected}: {answer}");
    }
}

#[tokio::test]
async fn one_address_holds_few_connections_and_nobody_is_kept_from_the_page() {
    let state = StateFile::holding(&noise());
    let stand = Box::up(&state, Problem::Foreign);
    let greedy = Ipv4Addr::new(127, 0, 5, 1);
    let mut held = Vec::new();
    for _ in 0..4 {
        let mut stream = stand.connect(greedy).await;
        stream.write_all(b"GET / HTTP/1.1\r\nX-Slow: ").await.unwrap();
        held.push(stream);
    }
    let mut fifth = stand.connect(greedy).await;
    assert_eq!(until_closed(&mut fifth).await, "");
    assert_eq!(status(&stand.get("/").await), 200);
    // A head that does not end is given up.
    assert!([0, 408].contains(&status(&until_closed(&mut held[0]).await)));
}

#[tokio::test]
async fn who_is_not_of_the_network_is_not_let_in() {
    let state = StateFile::holding(&noise());
    let at = SocketAddrV4::new(HOME, 0);
    let entrances = [Entrance { at, prefix: 24, device: None }];
    let recovery =
        Recovery::open(&entrances, &state.0, Timing::Host, Problem::Foreign, None).unwrap();
    let SocketAddr::V4(at) = recovery.doors[0].listener.local_addr().unwrap() else { panic!() };
    let serving = tokio::spawn(recovery.serve(|| ()));
    let stand = Box { at, code: String::new(), serving: tokio::spawn(async { 0 }) };
    let mut far = stand.connect(Ipv4Addr::new(127, 0, 1, 9)).await;
    let _ = far.write_all(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n").await;
    assert_eq!(until_closed(&mut far).await, "");
    assert_eq!(status(&stand.get("/").await), 200);
    serving.abort();
}

#[tokio::test]
async fn every_answer_has_the_headers_of_the_admins_pages() {
    let state = StateFile::holding(&noise());
    let stand = Box::up(&state, Problem::Foreign);
    let (ours, theirs) = (stand.get("/").await, Stand::up());
    let theirs =
        theirs.say(HOME, "GET /login HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    let theirs = theirs.await;
    let (head, _) = theirs.split_once("\r\n\r\n").unwrap();
    let own = ["content-length", "connection", "set-cookie"];
    for (name, value) in head.lines().filter_map(|line| line.split_once(": ")) {
        let differs = own.contains(&name.to_lowercase().as_str());
        assert!(differs || header(&ours, name) == Some(value), "{name}: {value}");
    }
}

#[tokio::test]
async fn the_caller_hears_the_beat_while_the_page_is_served() {
    let state = StateFile::holding(&noise());
    let stand = Box::up(&state, Problem::Foreign);
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    let form = format!("code={}", stand.code);
    assert_eq!(status(&stand.post(pages::recovery::RESTART, &form).await), 200);
    assert!(stand.over().await >= 2);
}

#[test]
fn one_unknown_byte_on_a_blank_chip_is_kept_and_a_blank_chip_is_formatted() {
    for place in [0, 27, 28, 4_096, CHIP_BYTES / 2, CHIP_BYTES - 1] {
        let mut bytes = vec![0xff; CHIP_BYTES];
        // No heading of ours has this value at these places, nor could it become one.
        bytes[place] = 0x00;
        let state = StateFile::holding(&bytes);
        assert!(state.opens().is_err(), "{place}");
        assert!(state.bytes() == bytes, "{place}");
    }
    let blank = StateFile::holding(&vec![0xff; CHIP_BYTES]);
    assert_eq!(blank.opens(), Ok(()));
    assert_eq!(blank.opens(), Ok(()));
}

#[test]
fn damaged_headings_and_records_of_newer_software_are_kept() {
    let mut headless = vec![0xff; CHIP_BYTES];
    for bank in [0, CHIP_BYTES / 2] {
        headless[bank..bank + 12].copy_from_slice(b"DTjrnl\r\nspoi");
    }
    let state = StateFile::holding(&headless);
    assert!(state.opens().is_err() && state.bytes() == headless);

    let state = StateFile::holding(&vec![0xff; CHIP_BYTES]);
    let chip = Chip::open(&state.0, Timing::Host).unwrap_or_else(|why| panic!("{why}"));
    let (mut journal, _) = Journal::mount(chip, &mut |_| ()).unwrap();
    journal.append(&[&[0xff, 0xff, 0x7f]]).unwrap();
    drop(journal);
    assert!(state.opens().is_err());
    let chip = Chip::open(&state.0, Timing::Host).unwrap_or_else(|why| panic!("{why}"));
    let mut kept = Vec::new();
    Journal::mount(chip, &mut |record| kept.push(record.to_vec())).unwrap();
    assert_eq!(kept, [[0xff, 0xff, 0x7f]]);
}

#[test]
fn chips_of_every_erase_size_are_told_apart_and_erased() {
    for kib in [4, 64, 256] {
        let geometry = Geometry { size: 1 << 20, erase_block: kib * 1024, page: 256 };
        let mut flash = MemFlash::new(geometry);
        for block in 0..geometry.size / geometry.erase_block {
            flash.program(block * geometry.erase_block + 100, b"something else").unwrap();
        }
        let refused = Journal::mount(&mut flash, &mut |_| ()).map(|_| ()).unwrap_err();
        assert_eq!(refused, journal::MountError::Foreign, "{kib} KiB");
        journal::format(&mut flash).unwrap();
        let (mut journal, _) = Journal::mount(&mut flash, &mut |_| ()).unwrap();
        journal.append(&[b"kept"]).unwrap();
        drop(journal);
        let mut kept = Vec::new();
        Journal::mount(&mut flash, &mut |record| kept.push(record.to_vec())).unwrap();
        assert_eq!(kept, [b"kept".to_vec()], "{kib} KiB");
    }
}

#[test]
fn what_the_journal_says_becomes_the_problem_of_the_page() {
    use journal::{Fault, MountError};
    let cases = [
        (MountError::Geometry, Problem::TooLarge),
        (MountError::OtherGeometry { bank_bytes: 9 }, Problem::OtherBanks { bytes: 9 }),
        (MountError::Newer { version: 3 }, Problem::Newer { version: 3, known: 2 }),
        (MountError::Foreign, Problem::Foreign),
        (MountError::Headless, Problem::Headless),
    ];
    for (error, problem) in cases {
        assert_eq!(chip::unmounted(&error, chip::fault), problem);
    }
    let fault = chip::unmounted(&MountError::Fault(Fault::Unverified { at: 0 }), chip::fault);
    assert!(matches!(fault, Problem::Fault { .. }));
}
