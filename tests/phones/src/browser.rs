//! The browser of a phone: what it makes of a screen, and which address it asks for next.
//!
//! Each maker's form is read as strictly as a phone may: an element or attribute that the maker
//! does not know, a document that is too large or not well formed, a menu with too many items is an
//! error in words. Where makers publish no bound, that of the strictest is taken.

mod xml;

use xml::Element;

/// Whose browser it is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Browser {
    /// Yealink's XML browser.
    Yealink,
    /// Snom's minibrowser.
    Snom,
    /// Polycom's microbrowser, which reads XHTML.
    Polycom,
    /// Aastra's and Mitel's XML API.
    Aastra,
    /// Cisco's services, of phones of three lines.
    Cisco,
    /// Fanvil's XML browser.
    Fanvil,
}

/// What it shows.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Page {
    /// Something to read.
    Text {
        /// What stands above it.
        title: String,
        /// What it says.
        text: String,
    },
    /// Something to choose from.
    Menu {
        /// What stands above it.
        title: String,
        /// What can be chosen, and where it leads.
        items: Vec<(String, String)>,
    },
    /// Something to type.
    Question {
        /// What stands above it.
        title: String,
        /// What stands before the field.
        prompt: String,
        /// What can be typed.
        field: Field,
        /// Where it leads, up to what is typed.
        address: String,
        /// What follows behind that.
        rest: String,
    },
}

/// What can be typed into a field.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Field {
    /// Digits.
    Digits,
    /// Digits that are not shown.
    Hidden,
    /// Anything.
    Letters,
}

/// Bytes of a screen.
const BYTES_MAX: usize = 10_000;

impl Browser {
    /// Reads a screen.
    pub fn read(self, content_type: &str, bytes: &[u8]) -> Result<Page, String> {
        let expected = match self == Browser::Polycom {
            true => "text/html; charset=utf-8",
            false => "text/xml; charset=utf-8",
        };
        if content_type != expected {
            return Err(format!("it is served as {content_type}"));
        }
        if bytes.len() > BYTES_MAX {
            return Err(format!("it has {} bytes", bytes.len()));
        }
        let text = std::str::from_utf8(bytes).map_err(|flaw| flaw.to_string())?;
        let root = xml::read(text)?;
        match self {
            Browser::Yealink => objects(&root, "YealinkIPPhone", &YEALINK),
            Browser::Aastra => objects(&root, "AastraIPPhone", &AASTRA),
            Browser::Fanvil => fanvil(&root),
            Browser::Snom => snom(&root),
            Browser::Cisco => cisco(&root),
            Browser::Polycom => polycom(&root),
        }
    }
}

impl Page {
    /// What stands above.
    pub fn title(&self) -> &str {
        match self {
            Page::Text { title, .. } | Page::Menu { title, .. } | Page::Question { title, .. } => {
                title
            }
        }
    }

    /// Where the first item leads whose label begins so.
    pub fn choose(&self, label: &str) -> Option<&str> {
        let Page::Menu { items, .. } = self else { return None };
        items.iter().find(|(own, _)| own.starts_with(label)).map(|(_, address)| address.as_str())
    }

    /// Where it leads to type this; spaces and signs are encoded as in a form.
    pub fn type_in(&self, typed: &str) -> Option<String> {
        let Page::Question { address, rest, .. } = self else { return None };
        let mut out = address.clone();
        for byte in typed.bytes() {
            match byte {
                b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' => {
                    out.push(char::from(byte));
                }
                other => out.push_str(&format!("%{other:02X}")),
            }
        }
        Some(out + rest)
    }
}

/// The attributes of the three objects that Yealink and Aastra have in common.
struct Objects {
    menu: &'static [&'static str],
    input: &'static [&'static str],
    text: &'static [&'static str],
    /// Whether a field stands in an element of its own.
    field_apart: bool,
    items_max: usize,
}

const YEALINK: Objects = Objects {
    menu: &[
        "defaultIndex",
        "style",
        "Beep",
        "Timeout",
        "LockIn",
        "wrapList",
        "cancelAction",
        "destroyOnExit",
    ],
    input: &["Beep", "Timeout", "LockIn", "cancelAction", "destroyOnExit", "defaultIndex"],
    text: &["Beep", "Timeout", "LockIn", "cancelAction", "doneAction", "destroyOnExit"],
    field_apart: true,
    items_max: 30,
};

const AASTRA: Objects = Objects {
    menu: &["destroyOnExit", "Timeout", "LockIn", "cancelAction", "style", "wrapList", "Beep"],
    input: &["type", "password", "editable", "destroyOnExit", "Timeout", "LockIn", "cancelAction"],
    text: &["destroyOnExit", "Timeout", "LockIn", "cancelAction", "doneAction", "Beep"],
    field_apart: false,
    items_max: 15,
};

fn objects(root: &Element, prefix: &str, of: &Objects) -> Result<Page, String> {
    let kind = root.name.strip_prefix(prefix).ok_or(format!("{} is unknown", root.name))?;
    match kind {
        "TextMenu" => {
            root.knows(of.menu)?;
            menu(root, ("Prompt", "URI"), of.items_max, 0)
        }
        "TextScreen" => {
            root.knows(of.text)?;
            text(root, &["Title", "Text"])
        }
        "InputScreen" if of.field_apart => {
            root.knows(of.input)?;
            root.holds(&["Title", "URL", "InputField"])?;
            let field = root.one("InputField")?;
            field.knows(&["type", "password", "editable"])?;
            field.holds(&["Prompt", "Parameter", "Default"])?;
            question(root, field, field)
        }
        "InputScreen" => {
            root.knows(of.input)?;
            root.holds(&["Title", "Prompt", "URL", "Parameter", "Default"])?;
            question(root, root, root)
        }
        other => Err(format!("{other} is unknown")),
    }
}

fn fanvil(root: &Element) -> Result<Page, String> {
    root.knows(&[])?;
    match root.name.as_str() {
        "FanvilIPPhoneMenu" => menu(root, ("Name", "URL"), 30, 0),
        "FanvilIPPhoneText" => text(root, &["Title", "Text"]),
        "FanvilIPPhoneInputScreen" => {
            root.holds(&["Title", "Prompt", "URL", "InputField"])?;
            let field = root.one("InputField")?;
            field.holds(&["Prompt", "Parameter", "Default"])?;
            question(root, field, field)
        }
        other => Err(format!("{other} is unknown")),
    }
}

fn snom(root: &Element) -> Result<Page, String> {
    root.knows(&["track", "dtmf", "id"])?;
    match root.name.as_str() {
        "SnomIPPhoneMenu" => menu(root, ("Name", "URL"), 100, 0),
        "SnomIPPhoneText" => text(root, &["Title", "Text"]),
        "SnomIPPhoneInput" => {
            root.holds(&["Title", "Prompt", "Url", "InputItem"])?;
            let item = root.one("InputItem")?;
            item.holds(&["DisplayName", "InputToken", "DefaultValue", "InputFlags"])?;
            let token = item.text_of("InputToken")?;
            let url = root.text_of("Url")?;
            let (address, rest) = url.split_once(&token).ok_or("the token is not in the URL")?;
            let field = match item.text_of("InputFlags")?.as_str() {
                "n" => Field::Digits,
                "pn" => Field::Hidden,
                "a" => Field::Letters,
                other => return Err(format!("the flags {other} are unknown")),
            };
            Ok(Page::Question {
                title: root.text_of("Title")?,
                prompt: item.text_of("DisplayName")?,
                field,
                address: address.into(),
                rest: rest.into(),
            })
        }
        other => Err(format!("{other} is unknown")),
    }
}

fn cisco(root: &Element) -> Result<Page, String> {
    root.knows(&[])?;
    match root.name.as_str() {
        "CiscoIPPhoneMenu" => menu(root, ("Name", "URL"), 100, 64),
        "CiscoIPPhoneText" => text(root, &["Title", "Prompt", "Text"]),
        "CiscoIPPhoneInput" => {
            root.holds(&["Title", "Prompt", "URL", "InputItem"])?;
            let item = root.one("InputItem")?;
            item.holds(&["DisplayName", "QueryStringParam", "DefaultValue", "InputFlags"])?;
            let field = match item.text_of("InputFlags")?.as_str() {
                "N" => Field::Digits,
                "NP" => Field::Hidden,
                "A" => Field::Letters,
                other => return Err(format!("the flags {other} are unknown")),
            };
            let (title, prompt) = (root.text_of("Title")?, item.text_of("DisplayName")?);
            let name = item.text_of("QueryStringParam")?;
            // The phone says what it is called and speaks, before or behind.
            let rest = "&locale=English_United_States".to_string();
            let address = format!("{}?name=SEP001122334455&{name}=", root.text_of("URL")?);
            Ok(Page::Question { title, prompt, field, address, rest })
        }
        other => Err(format!("{other} is unknown")),
    }
}

fn polycom(root: &Element) -> Result<Page, String> {
    root.knows(&["xmlns"])?;
    if root.name != "html" {
        return Err(format!("{} is unknown", root.name));
    }
    root.holds(&["head", "body"])?;
    let (head, body) = (root.one("head")?, root.one("body")?);
    body.holds(&["p", "form"])?;
    let title = head.text_of("title")?;
    if let Some(form) = body.child("form") {
        form.knows(&["action", "method"])?;
        let p = form.one("p")?;
        p.holds(&["input"])?;
        let fields: Vec<&Element> = p.children("input").collect();
        let [field, submit] = fields[..] else { return Err("a form has one field".into()) };
        field.knows(&["type", "name", "value", "size"])?;
        submit.knows(&["type", "value"])?;
        if form.attribute("method") != "get" || submit.attribute("type") != "submit" {
            return Err("the form cannot be sent".into());
        }
        // What may be typed is not told: text is text.
        let field_of = match field.attribute("type") {
            "password" => Field::Hidden,
            "text" => Field::Letters,
            other => return Err(format!("a field of type {other} is unknown")),
        };
        let address = format!("{}?{}=", form.attribute("action"), field.attribute("name"));
        let prompt = p.text.trim().to_string();
        return Ok(Page::Question { title, prompt, field: field_of, address, rest: String::new() });
    }
    let links: Vec<&Element> = body.children("p").filter_map(|p| p.child("a")).collect();
    if links.is_empty() {
        let said: Vec<&str> = body.children("p").skip(1).map(|p| p.text.trim()).collect();
        return Ok(Page::Text { title, text: said.join(" ") });
    }
    let item = |link: &Element| (link.text.trim().to_string(), link.attribute("href").to_string());
    Ok(Page::Menu { title, items: links.into_iter().map(item).collect() })
}

fn menu(
    root: &Element,
    (label, address): (&str, &str),
    items_max: usize,
    letters_max: usize,
) -> Result<Page, String> {
    root.holds(&["Title", "Prompt", "MenuItem"])?;
    let mut items = Vec::new();
    for item in root.children("MenuItem") {
        item.holds(&[label, address])?;
        let (label, address) = (item.text_of(label)?, item.text_of(address)?);
        if letters_max > 0 && label.chars().count() > letters_max {
            return Err(format!("{label} is too long"));
        }
        if !address.starts_with("http://") {
            return Err(format!("{address} is no address"));
        }
        items.push((label, address));
    }
    if items.is_empty() || items.len() > items_max {
        return Err(format!("a menu of {} items", items.len()));
    }
    Ok(Page::Menu { title: root.text_of("Title")?, items })
}

fn text(root: &Element, known: &[&str]) -> Result<Page, String> {
    root.holds(known)?;
    Ok(Page::Text { title: root.text_of("Title")?, text: root.text_of("Text")? })
}

/// A question whose answer is put behind the address by the phone.
fn question(root: &Element, field: &Element, told: &Element) -> Result<Page, String> {
    let kind = match (told.attribute("type"), told.attribute("password")) {
        ("number", "no") => Field::Digits,
        ("number", "yes") => Field::Hidden,
        ("string", "no") => Field::Letters,
        (kind, hidden) => return Err(format!("a field {kind} {hidden} is unknown")),
    };
    let (url, name) = (root.text_of("URL")?, field.text_of("Parameter")?);
    if url.contains('?') {
        return Err("phones disagree on a query behind a query".into());
    }
    Ok(Page::Question {
        title: root.text_of("Title")?,
        prompt: field.text_of("Prompt")?,
        field: kind,
        address: format!("{url}?{name}="),
        rest: String::new(),
    })
}
