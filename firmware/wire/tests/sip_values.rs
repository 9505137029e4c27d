//! The values inside headers: addresses, URIs, hops, lists, events and credentials.

mod sip_support;

use sip_support::{message, udp, SOURCE};
use wire::sip::{
    percent_decoded, unescaped, Contact, Credentials, Event, Message, NameAddr, NoCredentials,
    Pieces, Rport, SipUri, Transport, Uri, Via,
};

fn address(value: &str) -> Option<NameAddr<'_>> {
    NameAddr::parse(value.as_bytes())
}

fn sip(uri: &str) -> Option<SipUri<'_>> {
    Uri::parse(uri).and_then(Uri::sip)
}

fn via(value: &str) -> Option<Via<'_>> {
    Via::parse(value.as_bytes())
}

#[test]
fn an_address_has_two_forms() {
    let both = [r#""Anna, B" <sip:204@box;lr>;tag=7"#, "sip:204@box;tag=7"];
    for value in both {
        assert_eq!(address(value).expect(value).tag(), Some("7"));
    }
    let bracketed = address(both[0]).expect("valid");
    assert_eq!((bracketed.display, bracketed.uri), (&b"Anna, B"[..], "sip:204@box;lr"));
    let bare = address(both[1]).expect("valid");
    assert_eq!((bare.display, bare.uri), (&b""[..], "sip:204@box"));
    assert_eq!(address("caller<sip:a@b>").map(|it| it.display), Some(&b"caller"[..]));
    assert_eq!(address("Room 1.5 (east) <sip:a@b>").map(|it| it.uri), Some("sip:a@b"));
}

#[test]
fn an_address_that_breaks_the_grammar_is_refused() {
    let broken = [
        "",
        "<>",
        "<sip:a@b",
        "\"a <sip:a@b>",
        "\"a\" sip:a@b",
        "a \"b\" <sip:a@b>",
        "Bell, Alexander <sip:a@b>",
        "< sip:a@b >",
        "<sip:a@b> x",
        "<sip:a@b>;;",
        "<sip:a@b>;",
        "<sip:a@b>;x=\"y",
        "sip:a@b?Route=%3Csip:c%3E",
        "sip:a @b",
    ];
    for value in broken {
        assert!(address(value).is_none(), "{value}");
    }
}

#[test]
fn a_backslash_keeps_a_quote_in_its_string() {
    let value = r#""a \"b\\" <sip:a@b>;x="c\"d""#;
    let address = address(value).expect("valid");
    assert_eq!(address.display, br#"a \"b\\"#);
    let quoted = address.params.value("X").expect("x");
    assert_eq!(unescaped(quoted).collect::<String>(), "c\"d");
}

#[test]
fn commas_in_quotes_and_brackets_part_nothing() {
    let list = br#""a, \", b" <sip:a,b@c>;x="1,2", <sip:d@e> ,sip:f@g"#;
    let pieces: Vec<&[u8]> = Pieces::of_list(list).collect();
    assert_eq!(pieces.len(), 3);
    assert_eq!(pieces[1..], [&b"<sip:d@e>"[..], b"sip:f@g"]);
    assert_eq!(Pieces::of_list(b"a,,b").collect::<Vec<_>>(), [&b"a"[..], b"", b"b"]);
    assert_eq!(Pieces::of_list(b" ").count(), 0);
    assert_eq!(Pieces::of_list(b"\"a, b").count(), 1);
}

#[test]
fn a_uri_is_taken_apart() {
    let uri =
        sip("sips:alice;day=tue:secret@Atlanta.example:5070;transport=tcp;lr?a=b").expect("valid");
    assert!(uri.secure);
    assert_eq!(uri.user(), Some("alice;day=tue"));
    assert_eq!(uri.userinfo, Some("alice;day=tue:secret"));
    assert_eq!((uri.host, uri.port), ("Atlanta.example", Some(5070)));
    assert_eq!(uri.params.value("Transport"), Some("tcp"));
    assert_eq!(uri.params.find("lr").map(|it| it.value), Some(None));
    assert_eq!(uri.headers, Some("a=b"));
    let uri = sip("SIP:192.0.2.1").expect("valid");
    assert_eq!((uri.user(), uri.ipv4()), (None, Some("192.0.2.1".parse().expect("address"))));
    assert_eq!(sip("sip:a@example.com").expect("valid").ipv4(), None);
    assert!(matches!(Uri::parse("urn:uuid:1-2"), Some(Uri::Other("urn"))));
}

#[test]
fn a_uri_that_breaks_the_grammar_is_refused() {
    let broken = [
        "",
        "204",
        "sip:",
        "sip:@b",
        "sip::x@b",
        "sip:a@",
        "sip:a@b@c",
        "sip:a@b:",
        "sip:a@b:65536",
        "sip:a@b:x",
        "sip:a@b;;c",
        "sip:a@b/c",
        "sip:2001:db8::1",
        "sip:[2001:db8::1",
        "sip:[]",
        "sip:[x]",
        "sip:[::1]x",
        "sip:a b@c",
        "sip:a<b@c",
        "1sip:a@b",
        ":a@b",
    ];
    for uri in broken {
        assert!(Uri::parse(uri).is_none(), "{uri}");
    }
}

#[test]
fn an_ipv6_reference_keeps_its_brackets_and_its_port_apart() {
    let uri = sip("sip:a@[2001:db8::10]:5070;x").expect("valid");
    assert_eq!((uri.host, uri.port), ("[2001:db8::10]", Some(5070)));
    assert_eq!(sip("sip:[2001:db8::10:5070]").expect("valid").port, None);
    assert!(sip("sip:a@[2001:db8:::192.0.2.1]").is_some());
    let hop = via("SIP/2.0/UDP [::ffff:192.0.2.10]:19823;received=[2001:db8::9]").expect("valid");
    assert_eq!((hop.host, hop.port), ("[::ffff:192.0.2.10]", Some(19823)));
}

#[test]
fn an_escaped_user_is_the_user_it_spells_and_is_unescaped_once() {
    assert!(sip("sip:%75se%72@b").expect("valid").user_is("user"));
    assert!(!sip("sip:User@b").expect("valid").user_is("user"));
    assert!(!sip("sip:user2@b").expect("valid").user_is("user"));
    assert!(sip("sip:value%2541@b").expect("valid").user_is("value%41"));
    assert!(sip("sip:a%zz%4@b").expect("valid").user_is("a%zz%4"));
    assert_eq!(percent_decoded("%00%00").collect::<Vec<u8>>(), [0, 0]);
    assert!(!sip("sip:null-%00-null@b").expect("valid").user_is("null-"));
}

#[test]
fn a_star_is_not_an_address() {
    assert!(matches!(Contact::parse(b" * "), Some(Contact::Star)));
    assert!(Contact::parse(b"*;expires=0").is_some_and(|it| !matches!(it, Contact::Star)));
    assert!(Contact::parse(b"").is_none());
}

#[test]
fn a_contact_tells_its_expiry_rank_and_instance() {
    let bytes = message("phones", "outbound-register.dat");
    let message = Message::parse(&bytes, Transport::Tcp).expect("a message");
    let mut contacts = message.contacts();
    let Some(Ok(Contact::At(first))) = contacts.next() else { panic!("no contact") };
    assert_eq!((first.expires(), first.quality(), first.reg_id()), (Some(600), Some(700), Some(1)));
    assert_eq!(first.instance(), Some("urn:uuid:00000000-0000-1000-8000-000A95A0E128"));
    let Some(Ok(Contact::At(second))) = contacts.next() else { panic!("no second contact") };
    assert_eq!((second.expires(), second.quality(), second.reg_id()), (None, Some(1000), None));
    assert_eq!(second.instance(), None);
    assert!(contacts.next().is_none());
}

#[test]
fn an_expiry_that_cannot_be_read_is_an_hour() {
    let expires =
        |text: &str| address(&format!("<sip:a@b>;expires{text}")).expect("valid").expires();
    assert_eq!(expires("=0"), Some(0));
    assert_eq!(expires("=4294967295"), Some(u32::MAX));
    for text in ["=280297596632815", "=-1", "=soon", "=", ""] {
        assert_eq!(expires(text), Some(3600), "{text}");
    }
    let bytes = message("rfc4475", "scalar02.dat");
    assert_eq!(udp(&bytes).expires(), Some(3600));
}

#[test]
fn a_quality_has_three_decimals_between_0_and_1() {
    let quality = |q: &str| address(&format!("<sip:a@b>;q={q}")).expect("valid").quality();
    for (text, value) in
        [("1", 1000), ("1.000", 1000), ("0", 0), ("0.5", 500), ("0.", 0), ("0.123", 123)]
    {
        assert_eq!(quality(text), Some(value), "{text}");
    }
    for text in ["1.001", "2", "0.1234", "-1", "x", ""] {
        assert!(matches!(quality(text), None | Some(0)), "{text}");
    }
    assert_eq!(quality("1.001"), None);
}

#[test]
fn the_first_of_two_parameters_counts() {
    let address = address("<sip:a@b>;tag=1;TAG=2").expect("valid");
    assert_eq!(address.tag(), Some("1"));
    assert_eq!(address.params.iter().count(), 2);
}

#[test]
fn a_parameter_that_is_no_text_is_not_there() {
    let address = NameAddr::parse(b"<sip:a@b>;tag=\xfc;x=1").expect("valid");
    assert_eq!((address.tag(), address.params.value("x")), (None, Some("1")));
}

#[test]
fn a_hop_is_taken_apart_whatever_its_spaces() {
    let hop =
        via("SIP  / 2.0  / TCP     spindle.example.com : 5061  ;\r\n  branch  =   z9hG4bK9ikj8")
            .expect("valid");
    assert_eq!((hop.transport, hop.host, hop.port), ("TCP", "spindle.example.com", Some(5061)));
    assert_eq!(hop.branch(), Some("z9hG4bK9ikj8"));
    for broken in [
        "",
        "SIP/2.0/UDP",
        "SIP/2.0 192.0.2.1",
        "SIP/2.0/UDP ;x",
        "SIP/2.0/UDP a b",
        "SIP/2.0/UDP a;;b",
        "SIP/2.0/UDP a:0x1",
    ] {
        assert!(via(broken).is_none(), "{broken}");
    }
}

#[test]
fn a_branch_names_a_transaction_only_with_cookie_and_name() {
    let branch = |text: &str| {
        via(&format!("SIP/2.0/UDP a{text}")).expect("valid").branch().map(str::to_string)
    };
    assert_eq!(branch(";branch=z9hG4bK1"), Some("z9hG4bK1".into()));
    assert_eq!(branch(";branch=Z9HG4BK1"), Some("Z9HG4BK1".into()));
    for text in ["", ";branch", ";branch=z9hG4bK", ";branch=1", ";branch=z9hG4b"] {
        assert_eq!(branch(text), None, "{text}");
    }
}

#[test]
fn rport_with_or_without_a_value_is_asked_for() {
    for (text, rport) in [
        ("", Rport::Absent),
        (";rport", Rport::Asked),
        (";rport=", Rport::Asked),
        (";RPort=9", Rport::Asked),
    ] {
        assert_eq!(via(&format!("SIP/2.0/UDP a{text}")).expect("valid").rport(), rport);
    }
    assert_eq!(
        via("SIP/2.0/UDP a;maddr=198.51.100.1").expect("valid").reply_address(SOURCE).ip(),
        SOURCE.ip()
    );
}

#[test]
fn an_event_says_what_a_phone_is() {
    let event =
        Event::parse(br#" ua-profile ; profile-type="device"; vendor=snom;model="a \"b\"""#)
            .expect("valid");
    assert_eq!(event.package, "ua-profile");
    assert_eq!(event.params.value("Vendor"), Some("snom"));
    assert_eq!(event.params.value("model"), Some(r#"a \"b\""#));
    for broken in [&b""[..], b";a=b", b"two words", b"x;;", b"x;a=\"b"] {
        assert!(Event::parse(broken).is_none());
    }
}

const ANSWER: &str = r#"username="u",realm="r",nonce="n",uri="sip:b",response="0f""#;

fn credentials(rest: &str) -> Result<Credentials<'_>, NoCredentials> {
    Credentials::parse(rest.as_bytes())
}

#[test]
fn credentials_are_read_in_any_order_quoted_or_not() {
    let quoted =
        format!("Digest {ANSWER}, algorithm=\"MD5\", qop=\"auth\", nc=0000000a, cnonce=\"c,;\"");
    let bare = "digest\tcnonce=c, nc=\"0000000A\" ,qop=auth,algorithm=MD5,response=0f,\
                uri=sip:b,nonce=n,realm=r,username=u,x=\"y\",";
    for value in [&quoted, bare] {
        let it = credentials(value).expect(value);
        assert_eq!(
            [it.username, it.realm, it.nonce, it.uri, it.response],
            ["u", "r", "n", "sip:b", "0f"]
        );
        assert_eq!((it.algorithm, it.qop, it.nonce_count()), (Some("MD5"), Some("auth"), Some(10)));
    }
    let legacy = format!("Digest {ANSWER}");
    let it = credentials(&legacy).expect("valid");
    assert_eq!(
        (it.algorithm, it.qop, it.cnonce, it.nonce_count(), it.opaque),
        (None, None, None, None, None)
    );
}

#[test]
fn a_nonce_count_is_eight_hex_digits() {
    for nc in ["1", "000000001", "0000000g", "+0000001", ""] {
        let value = format!("Digest {ANSWER}, nc={nc}");
        assert_eq!(credentials(&value).expect("valid").nonce_count(), None, "{nc}");
    }
    let value = format!("Digest {ANSWER}, nc=ffffffff");
    assert_eq!(credentials(&value).expect("valid").nonce_count(), Some(u32::MAX));
}

#[test]
fn credentials_said_twice_or_not_at_all_are_refused() {
    let twice = format!("Digest {ANSWER}, Username=\"root\"");
    assert_eq!(credentials(&twice), Err(NoCredentials::Unreadable));
    for piece in ANSWER.split(',') {
        let value = format!("Digest {}", ANSWER.replace(piece, "x=y"));
        assert_eq!(credentials(&value), Err(NoCredentials::Unreadable), "{piece}");
    }
    for broken in
        ["Digest", "Digest ,", "Digest username", "Digest username=\"u", "Digest user name=u"]
    {
        assert_eq!(credentials(broken), Err(NoCredentials::Unreadable), "{broken}");
    }
    for other in ["Basic dTpw", "NoOneKnowsThisScheme opaque-data=here", ""] {
        assert_eq!(credentials(other), Err(NoCredentials::OtherScheme), "{other}");
    }
}
