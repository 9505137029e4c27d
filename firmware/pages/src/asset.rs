//! The files that pages refer to. Each has a hash of its content in its name, so that a browser may
//! keep it for ever and still never shows an old one.

/// One file inside the binary.
pub struct Asset {
    /// Where it is served, such as `/assets/style.0123456789abcdef.css`.
    pub path: &'static str,
    /// Value of `Content-Type`.
    pub content_type: &'static str,
    /// What is in it.
    pub bytes: &'static [u8],
}

/// Every file that a page may ask for; all of them may be cached for ever.
pub fn assets() -> [Asset; 3] {
    [
        Asset { path: STYLE, content_type: "text/css; charset=utf-8", bytes: STYLE_BYTES },
        Asset { path: SCRIPT, content_type: "text/javascript; charset=utf-8", bytes: SCRIPT_BYTES },
        Asset { path: ICON, content_type: "image/svg+xml", bytes: ICON_BYTES },
    ]
}

const STYLE_BYTES: &[u8] = include_bytes!("../assets/style.css");
const SCRIPT_BYTES: &[u8] = include_bytes!("../assets/live.js");
const ICON_BYTES: &[u8] = include_bytes!("../assets/icon.svg");

const STYLE_NAME: [u8; 34] = named(b"/assets/style.", STYLE_BYTES, b".css");
const SCRIPT_NAME: [u8; 32] = named(b"/assets/live.", SCRIPT_BYTES, b".js");
const ICON_NAME: [u8; 33] = named(b"/assets/icon.", ICON_BYTES, b".svg");

/// Where the style sheet is.
pub(crate) const STYLE: &str = as_text(&STYLE_NAME);
/// Where the script is.
pub(crate) const SCRIPT: &str = as_text(&SCRIPT_NAME);
/// Where the icon is.
pub(crate) const ICON: &str = as_text(&ICON_NAME);

const HASH_DIGITS: usize = 16;

/// Puts `stem`, the hash of `bytes` and `end` together at compile time; a wrong `N` does not build.
const fn named<const N: usize>(stem: &[u8], bytes: &[u8], end: &[u8]) -> [u8; N] {
    assert!(N == stem.len() + HASH_DIGITS + end.len());
    let hash = fnv1a(bytes);
    let mut name = [0; N];
    let mut at = 0;
    while at < N {
        name[at] = if at < stem.len() {
            stem[at]
        } else if at < stem.len() + HASH_DIGITS {
            let digit = at - stem.len();
            b"0123456789abcdef"[(hash >> (60 - 4 * digit)) as usize & 15]
        } else {
            end[at - stem.len() - HASH_DIGITS]
        };
        at += 1;
    }
    name
}

/// FNV-1a of 64 bits: enough to tell two releases apart, which is all it is for.
const fn fnv1a(bytes: &[u8]) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    let mut at = 0;
    while at < bytes.len() {
        hash = (hash ^ bytes[at] as u64).wrapping_mul(0x0000_0100_0000_01b3);
        at += 1;
    }
    hash
}

const fn as_text(name: &'static [u8]) -> &'static str {
    match core::str::from_utf8(name) {
        Ok(text) => text,
        Err(_) => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_is_fnv1a() {
        assert_eq!(fnv1a(b""), 0xcbf2_9ce4_8422_2325);
        assert_eq!(fnv1a(b"foobar"), 0x8594_4171_f739_67e8);
    }

    #[test]
    fn names_carry_their_hash() {
        for asset in assets() {
            let (_, rest) = asset.path.split_once('.').unwrap();
            let (hash, _) = rest.split_once('.').unwrap();
            assert_eq!(u64::from_str_radix(hash, 16).unwrap(), fnv1a(asset.bytes));
        }
    }

    #[test]
    fn assets_stay_small() {
        assert!(STYLE_BYTES.len() < 12 * 1024, "{}", STYLE_BYTES.len());
        assert!(SCRIPT_BYTES.len() < 3 * 1024, "{}", SCRIPT_BYTES.len());
        assert!(ICON_BYTES.len() < 1024);
    }
}
