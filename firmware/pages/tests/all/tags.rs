//! A reader of our own HTML, just good enough to check it: tags with their attributes, in order.

/// One opening tag.
pub(crate) struct Tag {
    pub(crate) name: String,
    pub(crate) attributes: Vec<(String, String)>,
}

impl Tag {
    pub(crate) fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

/// All opening tags of a page; panics at what a browser would have to guess.
pub(crate) fn opening_tags(html: &str) -> Vec<Tag> {
    let mut tags = Vec::new();
    let mut rest = html;
    while let Some(start) = rest.find('<') {
        let end = start + rest[start..].find('>').expect("a tag ends");
        let inside = &rest[start + 1..end];
        rest = &rest[end + 1..];
        if !inside.starts_with(['/', '!']) {
            tags.push(read(inside));
        }
    }
    tags
}

fn read(inside: &str) -> Tag {
    let (name, mut rest) = inside.split_once(char::is_whitespace).unwrap_or((inside, ""));
    assert!(name.chars().all(|letter| letter.is_ascii_alphanumeric()), "tag <{inside}>");
    let mut attributes = Vec::new();
    loop {
        rest = rest.trim_start();
        if rest.is_empty() {
            break;
        }
        let end = rest.find(|letter: char| letter == '=' || letter.is_whitespace());
        let (name, after) = rest.split_at(end.unwrap_or(rest.len()));
        let value;
        (value, rest) = match after.strip_prefix("=\"") {
            Some(quoted) => quoted.split_once('"').expect("a value ends"),
            None => ("", after),
        };
        assert!(!rest.starts_with('='), "an attribute without quotes in <{inside}>");
        attributes.push((name.to_string(), value.to_string()));
    }
    Tag { name: name.to_string(), attributes }
}
