//! Conversations over real connections: phones that fetch, and those who would keep them from it.

pub(crate) mod stand;

use super::Limits;
use exchange::names::Side;
use stand::{body, header, phone, phone_mac, status, until_closed, Stand, HOME};
use std::net::Ipv4Addr;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

fn own_file(no: u8) -> String {
    format!("/prov/{}.cfg", phone_mac(no).bare())
}

#[tokio::test]
async fn a_phone_gets_its_own_file_and_nobody_elses() {
    let stand = Stand::up();
    let file = stand.fetch(phone(1), &own_file(1)).await;
    assert_eq!((status(&file), header(&file, "cache-control")), (200, Some("no-store")), "{file}");
    assert!(header(&file, "content-type").is_some() && header(&file, "date").is_none());
    assert_eq!(header(&file, "content-length").unwrap(), body(&file).len().to_string());
    assert!(body(&file).contains("account.1."), "{file}");
    let refused = stand.fetch(phone(2), &own_file(1)).await;
    assert_eq!(status(&refused), 403);
}

#[tokio::test]
async fn a_refusal_is_the_same_to_the_byte_for_every_reason() {
    let stand = Stand::up();
    assert_eq!(status(&stand.fetch(phone(1), &own_file(1)).await), 200);
    let stranger = Ipv4Addr::new(127, 0, 9, 9);
    let known = stand.fetch(phone(2), &own_file(1)).await;
    let unknown = stand.fetch(phone(2), &own_file(77)).await;
    let unproven = stand.fetch(stranger, &own_file(1)).await;
    let upload = format!("PUT {} HTTP/1.1\r\nConnection: close\r\n\r\n", own_file(1));
    let uploaded = stand.say(phone(2), upload).await;
    assert_eq!(status(&known), 403);
    assert!([&unknown, &unproven, &uploaded].into_iter().all(|other| *other == known));
}

#[tokio::test]
async fn a_head_is_a_get_without_its_body() {
    let stand = Stand::up();
    let get = stand.fetch(phone(1), &own_file(1)).await;
    let request = format!("HEAD {} HTTP/1.1\r\nConnection: close\r\n\r\n", own_file(1));
    let head = stand.say(phone(1), request).await;
    assert_eq!(get.split_once("\r\n\r\n").unwrap().0, head.trim_end());
    assert_eq!(body(&head), "");
}

#[tokio::test]
async fn names_that_climb_or_are_garbled_are_no_names() {
    let stand = Stand::up();
    let bad = [
        "/../etc/passwd",
        "/prov/../../etc/passwd",
        "/%2e%2e/etc/passwd",
        "/prov/%2e%2e%2f%2e%2e%2fetc%2fpasswd",
        "/%252e%252e%252fetc",
        "/..%5c..%5cwindows",
        "/a%00.cfg",
        "/%zz",
        "/%",
        "/%ff%fe",
        "/a%0d%0aSet-Cookie:%20x",
    ];
    for path in bad {
        let answer = stand.fetch(phone(1), path).await;
        assert_eq!((status(&answer), body(&answer)), (400, "Bad Request"), "{path}");
    }
    let long = stand.fetch(phone(1), &format!("/{}", "a".repeat(4_000))).await;
    assert_eq!(status(&long), 400);
    assert_eq!(status(&stand.fetch(phone(1), "/no-such-file?x=1").await), 404);
}

#[tokio::test]
async fn what_a_phone_stores_comes_back_to_it_and_to_nobody_else() {
    let stand = Stand::up();
    assert_eq!(status(&stand.fetch(phone(1), &own_file(1)).await), 200);
    let local = own_file(1).replace(".cfg", "-local.cfg");
    let content = "linekey.3.label = Zoe\n";
    for method in ["PUT", "POST"] {
        let length = content.len();
        let head = format!("{method} {local} HTTP/1.1\r\nConnection: close\r\n");
        let sent = format!("{head}Content-Length: {length}\r\n\r\n{content}");
        assert_eq!(status(&stand.say(phone(1), &sent).await), 200);
        assert_eq!(status(&stand.say(phone(2), &sent).await), 403);
        let pieces = "Transfer-Encoding: chunked\r\n\r\n4\r\nabcd\r\n0\r\n\r\n";
        assert_eq!(status(&stand.say(phone(1), format!("{head}{pieces}")).await), 200);
        assert_eq!(body(&stand.fetch(phone(1), &local).await), "abcd");
        let large = format!("{head}Content-Length: 5000\r\n\r\n{}", "x".repeat(5_000));
        assert_eq!(status(&stand.say(phone(1), large).await), 413);
        // What breaks off is not stored by half.
        let cut = format!("{head}Content-Length: 99\r\n\r\n{content}");
        let mut stream = stand.connect(phone(1)).await;
        stream.write_all(cut.as_bytes()).await.unwrap();
        drop(stream);
    }
    assert_eq!(body(&stand.fetch(phone(1), &local).await), "abcd");
    assert_eq!(status(&stand.fetch(phone(2), &local).await), 404);
}

#[tokio::test]
async fn an_upload_is_read_refused_and_upsets_nobody() {
    let stand = Stand::up();
    let log = "x".repeat(100_000);
    let upload = format!("PUT /prov/boot.log HTTP/1.1\r\nContent-Length: 100000\r\n\r\n{log}");
    let then = format!("GET {} HTTP/1.1\r\nConnection: close\r\n\r\n", own_file(1));
    let both = stand.say(phone(1), format!("{upload}{then}")).await;
    assert_eq!(status(&both), 403);
    assert_eq!(both.matches("HTTP/1.1 ").count(), 2);
    assert!(both.contains("HTTP/1.1 200 OK"));
    let asks = "PUT /x HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 9\r\n\r\n";
    assert_eq!(status(&stand.say(phone(1), asks).await), 403);
    let endless = "POST /x HTTP/1.1\r\nContent-Length: 99999999\r\nConnection: close\r\n\r\n";
    let endless = stand.say(phone(1), format!("{endless}{}", "x".repeat(300_000))).await;
    assert!(endless.is_empty() || status(&endless) == 403, "{endless}");
}

#[tokio::test]
async fn requests_that_two_readers_could_cut_differently_are_refused_and_end_the_connection() {
    let stand = Stand::up();
    let smuggled = "0\r\n\r\nGET /prov/x HTTP/1.1\r\n\r\n";
    let requests = [
        ("GET", "Content-Length: 4\r\nTransfer-Encoding: chunked"),
        ("GET", "Transfer-Encoding: chunked\r\nContent-Length: 4"),
        ("GET", "Transfer-Encoding: chunked"),
        ("GET", "Transfer-Encoding: xchunked"),
        ("GET", "Content-Length: 4\r\nContent-Length: 5"),
        ("GET", "Content-Length: +4"),
        ("POST", "Transfer-Encoding: chunked"),
    ];
    for (method, headers) in requests {
        let request =
            format!("{method} /handsets HTTP/1.1\r\nHost: localhost\r\n{headers}\r\n\r\n");
        let answer = stand.say(HOME, format!("{request}{smuggled}")).await;
        assert!([400, 411].contains(&status(&answer)), "{headers}: {answer}");
        assert_eq!(answer.matches("HTTP/1.1 ").count(), 1, "{headers}: {answer}");
    }
}

#[tokio::test]
async fn other_methods_and_no_http_at_all_get_the_protocols_error() {
    let stand = Stand::up();
    for method in ["DELETE", "OPTIONS", "PATCH", "TRACE", "PROPFIND"] {
        let request = format!("{method} /x HTTP/1.1\r\nConnection: close\r\n\r\n");
        let answer = stand.say(phone(1), request).await;
        assert_eq!((status(&answer), header(&answer, "allow")), (405, Some("GET, HEAD")));
    }
    for garbage in ["GET\r\n\r\n", "\0\0\0\0\r\n\r\n", "GET /\x7f HTTP/9.9\r\n\r\n"] {
        let answer = stand.say(phone(1), garbage).await;
        assert!([0, 400, 505].contains(&status(&answer)), "{garbage:?}: {answer}");
    }
    assert_eq!(status(&stand.fetch(phone(1), &own_file(1)).await), 200);
}

#[tokio::test]
async fn a_head_of_any_size_is_refused_in_bounded_memory() {
    let stand = Stand::up();
    let long = format!("GET / HTTP/1.1\r\nX: {}\r\n\r\n", "x".repeat(64 * 1_024));
    let many = format!("GET / HTTP/1.1\r\n{}\r\n", "X: y\r\n".repeat(500));
    for request in [long, many] {
        let answer = stand.say(phone(1), request).await;
        assert!([0, 431].contains(&status(&answer)), "{answer}");
    }
}

#[tokio::test]
async fn an_old_phone_speaks_http_1_0_without_a_host() {
    let stand = Stand::up();
    let answer = stand.say(phone(1), format!("GET {} HTTP/1.0\r\n\r\n", own_file(1))).await;
    assert_eq!(status(&answer), 200);
    let admin = stand.say(HOME, "GET /handsets HTTP/1.0\r\n\r\n").await;
    assert_eq!(status(&admin), 421);
}

#[tokio::test]
async fn a_phone_that_closes_its_half_still_gets_its_file() {
    let stand = Stand::up();
    let mut stream = stand.connect(phone(1)).await;
    let request = format!("GET {} HTTP/1.1\r\nHost: x\r\n\r\n", own_file(1));
    stream.write_all(request.as_bytes()).await.unwrap();
    stream.shutdown().await.unwrap();
    assert_eq!(status(&until_closed(&mut stream).await), 200);
}

#[tokio::test]
async fn a_phone_is_served_beside_two_hundred_idle_connections() {
    let stand = Stand::up();
    let mut idle = Vec::new();
    for no in 0..200 {
        let mut stream = stand.connect(Ipv4Addr::new(127, 0, 3, no / 10)).await;
        stream.write_all(b"GET /slow HTTP/1.1\r\nX-Slow: ").await.unwrap();
        idle.push(stream);
    }
    assert_eq!(status(&stand.fetch(phone(1), &own_file(1)).await), 200);
}

#[tokio::test]
async fn when_all_places_are_taken_the_longest_idle_one_makes_room() {
    let stand = Stand::with(Limits { all: 20, ..Limits::default() }, Side::Lan);
    let mut idle = Vec::new();
    for no in 0..40 {
        idle.push(stand.connect(Ipv4Addr::new(127, 0, 3, no / 4)).await);
    }
    assert_eq!(status(&stand.fetch(phone(1), &own_file(1)).await), 200);
    assert_eq!(until_closed(&mut idle[0]).await, "");
}

#[tokio::test]
async fn one_address_cannot_take_the_places_of_all() {
    let stand = Stand::up();
    let mut held = Vec::new();
    for _ in 0..16 {
        held.push(stand.connect(phone(2)).await);
    }
    let mut refused = stand.connect(phone(2)).await;
    assert_eq!(until_closed(&mut refused).await, "");
    assert_eq!(status(&stand.fetch(phone(1), &own_file(1)).await), 200);
    drop(held);
}

#[tokio::test]
async fn a_head_that_drips_in_and_a_form_that_never_comes_are_ended_in_time() {
    let limits = Limits {
        idle_ticks: 1,
        head_ticks: 1,
        body: std::time::Duration::from_millis(300),
        ..Limits::default()
    };
    let stand = Stand::with(limits, Side::Lan);
    let mut silent = stand.connect(phone(1)).await;
    let (mut reads, mut writes) = stand.connect(phone(2)).await.into_split();
    let drip = tokio::spawn(async move {
        let _ = writes.write_all(b"GET /x HTTP/1.1\r\nX: ").await;
        while writes.write_all(b"x").await.is_ok() {
            tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        }
    });
    let mut rest = Vec::new();
    let _ = reads.read_to_end(&mut rest).await;
    assert!(drip.await.is_ok() && rest.is_empty());
    assert_eq!(until_closed(&mut silent).await, "");
    let form = "POST /login HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99\r\n\
        Content-Type: application/x-www-form-urlencoded\r\n\r\npass";
    assert_eq!(status(&stand.say(HOME, form).await), 408);
}

#[tokio::test]
async fn an_answer_that_nobody_reads_is_given_up() {
    let stand = Stand::with(Limits { request_ticks: 1, ..Limits::default() }, Side::Lan);
    let mut stream = stand.connect(phone(1)).await;
    let request = format!("GET {} HTTP/1.1\r\nHost: x\r\n\r\n", own_file(1)).repeat(4_000);
    // More answers than the buffers of the kernel hold: the box stops reading, then hangs up.
    let asks_on = async { while stream.write_all(request.as_bytes()).await.is_ok() {} };
    let ended = tokio::time::timeout(std::time::Duration::from_secs(20), asks_on).await;
    assert!(ended.is_ok(), "the box should have hung up");
}

#[tokio::test]
async fn beyond_the_lan_there_is_no_admin() {
    let stand = Stand::with(Limits::default(), Side::Wan);
    let file = stand.fetch(phone(1), "/prov/x.cfg").await;
    for path in ["/", "/login", "/handsets", "/assets/x"] {
        assert_eq!(stand.fetch(HOME, path).await, file, "{path}");
    }
    assert_eq!(status(&file), 403);
}

#[tokio::test]
async fn a_remote_phone_with_its_token_is_asked_for_no_password() {
    let (stand, token) = Stand::with_remote();
    let bare = phone_mac(1).bare();
    for name in [format!("{bare}.boot"), format!("{bare}-local.cfg"), "none".to_owned()] {
        let known = stand.fetch_over_tls(&format!("/prov/{token}/{name}")).await;
        assert_eq!((status(&known), header(&known, "www-authenticate")), (404, None), "{name}");
        let nobody = stand.fetch_over_tls(&format!("/prov/{name}")).await;
        let asked = Some("Basic realm=\"provisioning\", charset=\"UTF-8\"");
        assert_eq!((status(&nobody), header(&nobody, "www-authenticate")), (401, asked), "{name}");
    }
    let own =
        stand.fetch_over_tls(&format!("/prov/{token}{}", own_file(1).replace("/prov", ""))).await;
    assert_eq!(status(&own), 200, "{own}");
}

/// A thousand phones at the same moment, each with a connection of its own.
#[tokio::test]
async fn a_thousand_phones_at_once_are_all_served() {
    let stand = std::sync::Arc::new(Stand::up());
    let mut phones = Vec::new();
    for no in 0..1_000u32 {
        let stand = stand.clone();
        let source = Ipv4Addr::from(u32::from(Ipv4Addr::new(127, 0, 4, 0)) + no);
        phones.push(tokio::spawn(
            async move { status(&stand.fetch(source, "/prov/y000.cfg").await) },
        ));
    }
    for phone in phones {
        let status = phone.await.unwrap();
        assert!([200, 403, 404].contains(&status), "{status}");
    }
}

/// A ClientHello as openssl sends it.
fn client_hello() -> Vec<u8> {
    let text = include_str!("../../../../tests/golden/packets/tls/hello-tls10.hex");
    let digits: String = text.lines().filter(|line| !line.starts_with('#')).collect();
    let pairs = digits.as_bytes().chunks(2).map(|two| std::str::from_utf8(two).unwrap());
    pairs.map(|two| u8::from_str_radix(two, 16).unwrap()).collect()
}

#[tokio::test]
async fn a_phone_that_speaks_tls_is_heard_and_its_page_says_so() {
    let stand = Stand::up();
    assert_eq!(status(&stand.fetch(phone(1), &own_file(1)).await), 200);
    let hello = client_hello();
    let (head, rest) = hello.split_at(70);
    let mut stream = stand.connect(phone(1)).await;
    stream.write_all(head).await.unwrap();
    tokio::task::yield_now().await;
    stream.write_all(rest).await.unwrap();
    assert_eq!(until_closed(&mut stream).await, "", "nothing is answered");
    let cause = stand.handset(1).await.cause.unwrap().to_string();
    assert_eq!(cause, "It speaks TLS to this box, at the highest TLS 1.0, which is too old.");
    assert_eq!(status(&stand.fetch(phone(1), &own_file(1)).await), 200);
    assert!(stand.handset(1).await.cause.is_none());
    // Bytes that only begin like it are nothing, and keep nobody.
    assert_eq!(stand.say(phone(1), [22, 3, 1, 255, 255, 0]).await, "");
    assert!(stand.handset(1).await.cause.is_none());
}
