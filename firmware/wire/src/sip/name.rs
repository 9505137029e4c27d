//! Header names: one value per name, however a sender spells it.
//!
//! Long form, compact form (RFC 3261 section 7.3.3) and every case are the same name; white space
//! before the colon is gone before this file sees it. A name not listed here is [`Name::Other`].

use core::fmt;

macro_rules! names {
    ($($variant:ident $text:literal $($compact:literal)?,)*) => {
        /// The name of a header field, equal to every other spelling of itself.
        #[derive(Clone, Copy, Debug)]
        pub enum Name<'a> {
            $(#[doc = concat!("`", $text, "`.")] $variant,)*
            /// A name this list does not know, as sent.
            Other(&'a str),
        }

        impl<'a> Name<'a> {
            /// The name a spelling stands for.
            pub fn of(spelling: &'a str) -> Name<'a> {
                $(
                    let compact = false $(|| spelling.eq_ignore_ascii_case($compact))?;
                    if compact || spelling.eq_ignore_ascii_case($text) {
                        return Name::$variant;
                    }
                )*
                Name::Other(spelling)
            }

            /// The long spelling.
            pub fn as_str(self) -> &'a str {
                match self {
                    $(Name::$variant => $text,)*
                    Name::Other(spelling) => spelling,
                }
            }
        }
    };
}

names! {
    Via "Via" "v",
    From "From" "f",
    To "To" "t",
    CallId "Call-ID" "i",
    CSeq "CSeq",
    Contact "Contact" "m",
    MaxForwards "Max-Forwards",
    ContentLength "Content-Length" "l",
    ContentType "Content-Type" "c",
    ContentEncoding "Content-Encoding" "e",
    UserAgent "User-Agent",
    Expires "Expires",
    MinExpires "Min-Expires",
    Event "Event" "o",
    Accept "Accept",
    Allow "Allow",
    AllowEvents "Allow-Events" "u",
    Supported "Supported" "k",
    Unsupported "Unsupported",
    Require "Require",
    ProxyRequire "Proxy-Require",
    Authorization "Authorization",
    WwwAuthenticate "WWW-Authenticate",
    AuthenticationInfo "Authentication-Info",
    SubscriptionState "Subscription-State",
    Date "Date",
    Server "Server",
    RetryAfter "Retry-After",
    Warning "Warning",
    Path "Path",
    Route "Route",
    RecordRoute "Record-Route",
    Subject "Subject" "s",
    Timestamp "Timestamp",
    FlowTimer "Flow-Timer",
}

impl PartialEq for Name<'_> {
    fn eq(&self, other: &Name<'_>) -> bool {
        match (self, other) {
            (Name::Other(a), Name::Other(b)) => a.eq_ignore_ascii_case(b),
            (a, b) => core::mem::discriminant(a) == core::mem::discriminant(b),
        }
    }
}

impl Eq for Name<'_> {}

impl fmt::Display for Name<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
