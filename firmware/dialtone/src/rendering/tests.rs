//! What `dialtone render` prints, and that other programs can read it.

use super::*;
use std::io::Write as _;
use std::process::{Command, Stdio};

fn made(words: &[&str]) -> Result<String, String> {
    files(&Wish::read(words)?)
}

#[test]
fn what_is_not_understood_is_said() {
    for (words, said) in [
        (&[][..], "render wants either --mac MAC or --family ID"),
        (&["--mac", "001565000001"], "--mac wants --state FILE, in which the handset is"),
        (&["--mac", "x", "--state", "f"], "`x` is no MAC address"),
        (&["--mac"], "--mac wants a value"),
        (&["--frob"], "`--frob` is not understood"),
        (
            &["--family", "snom", "--file", "a/b"],
            "the handset's files are snom/mac.htm, snom/model.htm",
        ),
    ] {
        assert_eq!(made(words).err().as_deref(), Some(said), "{words:?}");
    }
    assert!(made(&["--family", "x"]).unwrap_err().starts_with("--family is one of yealink, snom"));
}

#[test]
fn a_made_up_handset_has_its_files_and_no_password() {
    let text = made(&["--family", "yealink", "--model", "T46U"]).unwrap();
    assert!(text.starts_with("==== yealink/mac.cfg\n#!version:1.0.0.1\n"), "{text}");
    assert!(text.contains("==== yealink/common.cfg\n"));
    assert!(text.contains("account.1.password = ********\n"));
    assert!(text.contains("account.1.sip_server.1.address = 192.168.10.1\n"));
}

#[test]
fn each_line_is_explained_by_its_template_and_its_values() {
    let words = ["--family", "yealink", "--file", "yealink/mac.cfg", "--explain"];
    let text = made(&words).unwrap();
    let told = "account.1.sip_server.1.address = 192.168.10.1\n    < yealink/mac.cfg:17, shipped; \
        handset.lines (the handset), handset.lines.number (the handset), site.server (the box)\n";
    assert!(text.contains(told), "{text}");
    assert!(text.contains("site.ntp_server (the configuration file)\n"));
}

/// Every family's files go through a reader that shares nothing with us: libxml2's for XML, a
/// strict one of lines for all others.
#[test]
fn other_programs_read_the_files_of_every_family() {
    let has_xmllint = Command::new("xmllint").arg("--version").stderr(Stdio::null()).status();
    let has_xmllint = has_xmllint.is_ok_and(|status| status.success());
    let strict = std::env::var_os("CI").is_some_and(|it| it == "true");
    assert!(has_xmllint || !strict, "xmllint is missing: install libxml2-utils");
    let mut read = 0;
    for family in Family::ALL {
        let wish = Wish::read(&["--family", family.id(), "--model", "T46U"]).unwrap();
        let exchange = exchange(&wish).unwrap();
        for file in exchange.example_inputs(family, "T46U") {
            let text = plain(&file).unwrap();
            match text.starts_with("<?xml") {
                true if has_xmllint => assert!(xmllint(&text), "{}:\n{text}", file.template),
                true => continue,
                false => text.lines().for_each(|line| assert_plain(file.template, line)),
            }
            read += 1;
        }
    }
    if !has_xmllint {
        eprintln!("test skipped in part: xmllint is missing: install libxml2-utils");
    }
    assert!(read > 20, "{read}");
}

fn xmllint(text: &str) -> bool {
    let mut reader = Command::new("xmllint")
        .args(["--noout", "--nonet", "-"])
        .stdin(Stdio::piped())
        .spawn()
        .unwrap();
    reader.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
    reader.wait().unwrap().success()
}

/// A line is a comment, a section, or a key with a value; no control character is in it.
fn assert_plain(template: &str, line: &str) {
    assert!(!line.chars().any(char::is_control), "{template}: {line:?}");
    if line.is_empty() || line.starts_with(['#', '[']) {
        return;
    }
    // The Avaya 1100 and 1200 read `NAME value`.
    let key = match line.split_once(' ') {
        Some((name, value)) if !value.contains(['=', ':', '"', ' ']) => name,
        Some(_) | None => line.split(['=', ':', '"']).next().unwrap_or_default(),
    };
    let good = |letter: char| letter.is_ascii_alphanumeric() || "_.$|^[] ".contains(letter);
    assert!(!key.is_empty() && key.chars().all(good), "{template}: {line:?}");
}
