//! One maker as its TOML file describes it; `build.rs` writes the tables.
//!
//! Everything here is constant and borrowed: what a maker costs is flash, not memory. Patterns are
//! still text; the [`super::Catalog`] compiles them once. `build.rs` refuses an unknown key and a
//! pattern that does not compile.

use super::{Absence, Family, OtherProtocol};

/// One maker.
pub(super) struct Maker {
    pub(super) family: Family,
    pub(super) proof: &'static str,
    /// How the form of its files is known; empty where it gets the generic file.
    pub(super) files_proof: &'static str,
    /// What of its files is from memory, in words a page can print; empty where nothing is.
    pub(super) unproven: &'static str,
    /// How its phones come to trust the box over TLS, in words a page can print; empty where
    /// nothing is known of that.
    pub(super) trust: &'static str,
    /// Prefixes of hardware addresses, 6 to 9 upper-case hex digits.
    pub(super) oui: &'static [&'static str],
    /// Prefixes that devices which are no phones have too.
    pub(super) oui_shared: &'static [&'static str],
    pub(super) vendor_class: &'static [Rule],
    pub(super) user_class: &'static [Rule],
    pub(super) host_name: &'static [Rule],
    pub(super) http_user_agent: &'static [Rule],
    pub(super) sip_user_agent: &'static [Rule],
    pub(super) pnp_request_uri: &'static [Rule],
    /// Values of `vendor=` in a PnP Event besides the maker's name.
    pub(super) pnp_vendor: &'static [&'static str],
    pub(super) parameter_list: &'static [List],
    /// Bytes removed from a captured model.
    pub(super) model_delete: &'static str,
    /// Bytes of a captured model that become a space.
    pub(super) model_space: &'static str,
    pub(super) model_upper: bool,
    /// Prefix that some signs put before the model, and others leave out.
    pub(super) model_strip: &'static str,
    /// Prefix put before a model that begins with a digit.
    pub(super) model_prefix: &'static str,
    /// Whether its loader fetches files over HTTP too, with a version of its own.
    pub(super) loader_fetches: bool,
    /// Whether a URL of firmware is that of a folder, in which a phone looks for a name it knows.
    pub(super) firmware_folder: bool,
    pub(super) options: &'static [OptionRule],
    pub(super) files: &'static [FileRule],
    /// What devices of this vendor class (option 60) speak that speak no SIP.
    pub(super) other_protocols: &'static [(&'static str, OtherProtocol)],
    /// SIP accounts of a model that no pattern in `lines_of` names.
    pub(super) lines: u8,
    pub(super) lines_of: &'static [(&'static str, u8)],
    /// Keys beside the display of models of this pattern, those of the lines among them.
    pub(super) keys_of: &'static [(&'static str, u8)],
    pub(super) resync: &'static str,
    pub(super) reboot: &'static str,
    /// Settings that its files cannot say, by their ids and those of their parts.
    pub(super) cannot: &'static [&'static str],
    /// The same for models of this pattern, in its place.
    pub(super) cannot_of: &'static [(&'static str, &'static [&'static str])],
    /// Models that come to trust what the box shows over TLS, and can speak TLS 1.2; empty where
    /// none is known.
    pub(super) trusts: &'static str,
    pub(super) sha256: bool,
    /// What a PnP NOTIFY names, with the placeholders of [`OptionRule::value`].
    pub(super) pnp_url: &'static str,
    /// The form in which it reads a phone book; `None` where none is known.
    pub(super) book: Option<&'static BookForm>,
    /// The form of the screens that its browser shows; `None` where none is known.
    pub(super) screens: Option<&'static ScreenForm>,
}

/// The form of a phone book, in words with placeholders in braces.
pub struct BookForm {
    /// What its files name as the address of the book, with the placeholders of
    /// [`OptionRule::value`]; empty where the phone asks for it by a name of its own.
    pub(crate) url: &'static str,
    /// Content-Type of the answer over HTTP.
    pub(crate) content_type: &'static str,
    /// Entries on one page; 0 where the phone reads the book as a whole.
    pub(crate) page_max: u16,
    /// Before the entries: `{total}`, `{from}`, `{to}`, `{next}`.
    pub(crate) head: &'static str,
    /// An entry: `{name}`, `{first_name}`, `{last_name}`, `{number}`.
    pub(crate) entry: &'static str,
    /// What becomes of `{next}` where there is another page: `{url}`.
    pub(crate) next: &'static str,
    /// Behind the entries: as before them.
    pub(crate) tail: &'static str,
}

/// The form of the screens that a phone's own browser shows, in words with placeholders in braces.
pub struct ScreenForm {
    /// Content-Type of the answer over HTTP.
    pub(crate) content_type: &'static str,
    /// Items of one menu at most; more stand on the next page.
    pub(crate) page_max: u16,
    /// A menu: `{title}`, `{items}`.
    pub(crate) menu: &'static str,
    /// An item of it: `{label}`, `{url}`.
    pub(crate) item: &'static str,
    /// A question: `{title}`, `{prompt}`, `{kind}`; what is typed comes behind `{url}` as
    /// `?value=`.
    pub(crate) input: &'static str,
    /// What becomes of `{kind}` where digits are typed.
    pub(crate) digits: &'static str,
    /// Where digits are typed that nobody is to see.
    pub(crate) hidden: &'static str,
    /// Where letters are typed.
    pub(crate) letters: &'static str,
    /// A text: `{title}`, `{text}`.
    pub(crate) text: &'static str,
}

/// A pattern, and whose name it proves where that is not the family's.
pub(super) struct Rule {
    pub(super) pattern: &'static str,
    pub(super) vendor: &'static str,
}

/// A way to ask for options (option 55) that only phones of one maker were seen to have.
pub(super) struct List {
    /// The whole list; empty where `has` decides.
    pub(super) exact: &'static [u8],
    /// Options that are all in the list, in any order.
    pub(super) has: &'static [u8],
    pub(super) model: &'static str,
}

/// One DHCP option a maker is sent.
pub(super) struct OptionRule {
    pub(super) code: u8,
    /// Text with `{url}`, `{base}`, `{path}`, `{directory}`, `{host}`, `{port}`; or `{addresses}`
    /// alone for four raw bytes. Empty where `parts` are the value.
    pub(super) value: &'static str,
    /// Encapsulated options (RFC 2132 section 8.4), each with its code and such a text.
    pub(super) parts: &'static [(u8, &'static str)],
    /// How the vendor class (option 60) must begin, in any case; empty for whoever asks. Of several
    /// rules with one code the first that fits is sent.
    pub(super) class: &'static str,
    /// Whether it is sent only to a client that listed it.
    pub(super) only_asked: bool,
    pub(super) why: &'static str,
}

/// One form of file name a maker's phones ask for.
pub(super) struct FileRule {
    pub(super) pattern: &'static str,
    pub(super) role: Role,
    /// Whether others use the name more: then it answers, but identifies nobody.
    pub(super) shared: bool,
}

/// What a file name stands for.
#[derive(Clone, Copy)]
pub(super) enum Role {
    Handset {
        template: &'static str,
        content_type: &'static str,
    },
    Common {
        template: &'static str,
        content_type: &'static str,
    },
    Absent(Absence),
    Firmware,
    /// The phone book in the maker's form.
    Book,
    Upload,
    /// Tells the maker, and is answered as for any phone.
    Known,
}

impl BookForm {
    /// Returns how many entries are on one page; 0 where the phone reads the book as a whole.
    pub fn page_max(&self) -> u16 {
        self.page_max
    }
}

include!(concat!(env!("OUT_DIR"), "/makers.rs"));

/// The entry of a family.
pub(super) fn maker(family: Family) -> &'static Maker {
    match MAKERS.iter().find(|maker| maker.family == family) {
        Some(maker) => maker,
        // build.rs fails where a family has no entry.
        None => &GENERIC,
    }
}
