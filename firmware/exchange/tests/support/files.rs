//! Files in place of the shipped templates: what a test must read is easily read.

use exchange::render::{Render, Unrendered, Values};

/// Every value on a line of its own.
pub(crate) struct Plain;

impl Render for Plain {
    fn render(&self, template: &str, values: &Values, out: &mut Vec<u8>) -> Result<(), Unrendered> {
        let mut text = format!("template {template}\nmodel {}\n", values.model);
        text += &format!("url {}\n", values.site.provision_url);
        text += &format!("server {}\n", values.site.server);
        text += &format!("zone {}\n", values.site.zone.posix);
        text += &format!("every {}\n", values.site.poll_min);
        if let Some(vlan) = values.settings.vlan_id {
            text += &format!("vlan {vlan}\n");
        }
        if !values.settings.firmware_url.is_empty() {
            text += &format!("firmware {}\n", values.settings.firmware_url);
        }
        if let Some(authority) = &values.site.authority {
            text += &format!("authority {}\n", authority.url);
            text += &format!("der {}\npem {}\n", authority.der_url, authority.lines.concat());
        }
        let port = values.site.sip_port;
        text += &format!("registers {} {port}\n", values.settings.transport.word());
        let numbers = [
            ("sip", values.settings.sip_port.map(|port| port.to_string())),
            ("rtp", values.settings.rtp.map(|ports| ports.to_string())),
            ("keep_alive", values.settings.keep_alive_s.map(|seconds| seconds.to_string())),
        ];
        for (word, value) in numbers {
            text += &value.map(|value| format!("{word} {value}\n")).unwrap_or_default();
        }
        for key in &values.settings.keys {
            text += &format!("key {} {} {} {}\n", key.place, key.kind, key.number, key.label);
        }
        if let Some(handset) = &values.handset {
            text += &format!("user {}\n", handset.user_password);
            text += &format!("mac {}\nweb {}\n", handset.mac, handset.web_password);
            for line in &handset.lines {
                text += &format!("line {} {} {}\n", line.number, line.login, line.password);
                text += &format!("label {}\n", line.label);
            }
        }
        out.extend_from_slice(text.as_bytes());
        Ok(())
    }

    fn render_own(
        &self,
        template: &str,
        source: &str,
        values: &Values,
        out: &mut Vec<u8>,
    ) -> Result<(), Unrendered> {
        match source {
            "fails" => Err(Unrendered::Failed { line: 1 }),
            source => {
                out.extend_from_slice(format!("own {source}\n").as_bytes());
                self.render(template, values, out)
            }
        }
    }
}

/// Nothing can be made.
pub(crate) struct Broken;

impl Render for Broken {
    fn render(&self, _: &str, _: &Values, _: &mut Vec<u8>) -> Result<(), Unrendered> {
        Err(Unrendered::Failed { line: 1 })
    }

    fn render_own(
        &self,
        template: &str,
        _: &str,
        values: &Values,
        out: &mut Vec<u8>,
    ) -> Result<(), Unrendered> {
        self.render(template, values, out)
    }
}

/// A file of so many bytes that count up.
pub(crate) struct Bytes(pub(crate) usize);

impl Render for Bytes {
    fn render(&self, _: &str, _: &Values, out: &mut Vec<u8>) -> Result<(), Unrendered> {
        out.extend((0..self.0).map(|at| (at / 7) as u8));
        Ok(())
    }

    fn render_own(
        &self,
        template: &str,
        _: &str,
        values: &Values,
        out: &mut Vec<u8>,
    ) -> Result<(), Unrendered> {
        self.render(template, values, out)
    }
}

/// A text with every kind of line end.
pub(crate) struct LineEnds;

impl Render for LineEnds {
    fn render(&self, _: &str, _: &Values, out: &mut Vec<u8>) -> Result<(), Unrendered> {
        out.extend_from_slice(b"a\nb\r\nc\rd\r");
        Ok(())
    }

    fn render_own(
        &self,
        template: &str,
        _: &str,
        values: &Values,
        out: &mut Vec<u8>,
    ) -> Result<(), Unrendered> {
        self.render(template, values, out)
    }
}

/// What stands after a word at the beginning of a line of a [`Plain`] file.
pub(crate) fn value<'a>(file: &'a [u8], word: &str) -> Option<&'a str> {
    let text = std::str::from_utf8(file).ok()?;
    text.lines().find_map(|line| line.strip_prefix(word)?.strip_prefix(' '))
}
