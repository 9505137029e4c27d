//! A strict reader of small XML documents: XML 1.0 without DTD, comments, sections or names with
//! colons. What it does not know it refuses.

/// An element with all that is in it.
pub(super) struct Element {
    pub(super) name: String,
    attributes: Vec<(String, String)>,
    inside: Vec<Element>,
    /// All text directly in it.
    pub(super) text: String,
}

impl Element {
    /// Its attributes are among these.
    pub(super) fn knows(&self, names: &[&str]) -> Result<(), String> {
        let unknown = self.attributes.iter().find(|(name, _)| !names.contains(&name.as_str()));
        unknown.map_or(Ok(()), |(name, _)| Err(format!("{} has {name}", self.name)))
    }

    /// The elements in it are among these.
    pub(super) fn holds(&self, names: &[&str]) -> Result<(), String> {
        let unknown = self.inside.iter().find(|it| !names.contains(&it.name.as_str()));
        unknown.map_or(Ok(()), |it| Err(format!("{} in {}", it.name, self.name)))
    }

    /// Those of this name, in order.
    pub(super) fn children<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Element> {
        self.inside.iter().filter(move |it| it.name == name)
    }

    /// The first of this name.
    pub(super) fn child(&self, name: &str) -> Option<&Element> {
        self.inside.iter().find(|it| it.name == name)
    }

    /// The only one of this name.
    pub(super) fn one(&self, name: &str) -> Result<&Element, String> {
        let mut all = self.inside.iter().filter(|it| it.name == name);
        match (all.next(), all.next()) {
            (Some(one), None) => Ok(one),
            _none_or_two => Err(format!("{} has not one {name}", self.name)),
        }
    }

    /// Its text.
    pub(super) fn text_of(&self, name: &str) -> Result<String, String> {
        let one = self.one(name)?;
        one.holds(&[])?;
        Ok(one.text.clone())
    }

    /// An attribute; empty where it has none of this name.
    pub(super) fn attribute(&self, name: &str) -> &str {
        let found = self.attributes.iter().find(|(own, _)| own == name);
        found.map_or("", |(_, value)| value)
    }
}

/// Reads a document.
pub(super) fn read(text: &str) -> Result<Element, String> {
    let prolog = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";
    let rest = text.strip_prefix(prolog).ok_or("it does not begin as XML does")?;
    let mut reader = Reader { rest };
    let root = reader.element()?;
    match reader.rest.trim().is_empty() {
        true => Ok(root),
        false => Err("something follows".into()),
    }
}

struct Reader<'a> {
    rest: &'a str,
}

impl Reader<'_> {
    fn take(&mut self, sign: &str) -> bool {
        let found = self.rest.strip_prefix(sign);
        self.rest = found.unwrap_or(self.rest);
        found.is_some()
    }

    fn expect(&mut self, sign: &str) -> Result<(), String> {
        match self.take(sign) {
            true => Ok(()),
            false => Err(format!("no {sign} before {:.20}", self.rest)),
        }
    }

    fn name(&mut self) -> Result<String, String> {
        let end = self.rest.find(|it: char| !it.is_ascii_alphanumeric());
        let (name, rest) = self.rest.split_at(end.unwrap_or(self.rest.len()));
        if !name.starts_with(|it: char| it.is_ascii_alphabetic()) {
            return Err(format!("no name before {:.20}", self.rest));
        }
        self.rest = rest;
        Ok(name.to_string())
    }

    fn element(&mut self) -> Result<Element, String> {
        self.expect("<")?;
        let name = self.name()?;
        let mut element =
            Element { name, attributes: Vec::new(), inside: Vec::new(), text: String::new() };
        while self.take(" ") {
            let name = self.name()?;
            self.expect("=\"")?;
            let value = self.until('"')?;
            if element.attributes.iter().any(|(own, _)| *own == name) {
                return Err(format!("{name} stands twice"));
            }
            element.attributes.push((name, value));
            self.expect("\"")?;
        }
        if self.take("/>") {
            return Ok(element);
        }
        self.expect(">")?;
        loop {
            let text = self.until('<')?;
            element.text.push_str(&text);
            if self.take("</") {
                self.expect(&element.name.clone())?;
                self.expect(">")?;
                return Ok(element);
            }
            element.inside.push(self.element()?);
        }
    }

    /// Text up to a sign, with what stands for other letters made to them.
    fn until(&mut self, end: char) -> Result<String, String> {
        let at = self.rest.find(end).ok_or(format!("no {end} follows"))?;
        let (raw, rest) = self.rest.split_at(at);
        self.rest = rest;
        let mut out = String::new();
        let mut left = raw;
        while let Some((before, from)) = left.split_once('&') {
            let (word, after) = from.split_once(';').ok_or("an ampersand stands alone")?;
            out.push_str(before);
            out.push(match word {
                "amp" => '&',
                "lt" => '<',
                "gt" => '>',
                "quot" => '"',
                "#39" => '\'',
                other => return Err(format!("&{other}; is unknown")),
            });
            left = after;
        }
        out.push_str(left);
        let odd = |it: char| (it.is_control() && it != '\n') || matches!(it, '<' | '\u{ffff}');
        match raw.contains(odd) {
            true => Err(format!("{raw:?} is no text")),
            false => Ok(out),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::read;

    #[test]
    fn what_is_well_formed_is_read_and_all_else_is_refused() {
        let of = |body: &str| read(&format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n{body}"));
        let root = of("<a b=\"1&amp;2\"><c>x &lt;y&gt;</c>\n<d/></a>\n").unwrap();
        assert_eq!(root.attribute("b"), "1&2");
        assert_eq!(root.text_of("c").unwrap(), "x <y>");
        assert!(root.one("d").is_ok() && root.one("e").is_err() && root.knows(&[]).is_err());
        for wrong in [
            "",
            "<a>",
            "<a></b>",
            "<a b=1/>",
            "<a b=\"1\" b=\"2\"/>",
            "<a>&nbsp;</a>",
            "<a>& </a>",
            "<a/><b/>",
            "<a b='1'/>",
            "<!-- --><a/>",
            "<a>\u{7}</a>",
            "<a b=\"<\"/>",
            "< a/>",
        ] {
            assert!(of(wrong).is_err(), "{wrong}");
        }
        assert!(read("<a/>").is_err());
    }
}
