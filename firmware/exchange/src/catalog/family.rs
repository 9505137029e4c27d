//! The makers this box knows, by number, id and names.
//!
//! Each is one of the TOML files beside this one, and nothing in Rust lists them: a new one needs
//! no edit here. A code that was ever released is on flash somewhere, and is never
//! given to another family; a test below has those of the past.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

macro_rules! families {
    ($($code:literal $variant:ident $id:literal $vendor:literal $name:literal,)+) => {
        /// A family of phones that identify themselves and are configured in one way.
        ///
        /// On flash it is its [`Family::code`]; a code is never given to another family.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        pub enum Family {
            $(#[doc = concat!($name, ", id `", $id, "`.")] $variant,)+
        }

        impl Family {
            /// Every family, in order of its code.
            pub const ALL: [Family; [$($code),+].len()] = [$(Family::$variant),+];

            /// Returns the number that stands for it on flash.
            pub const fn code(self) -> u8 {
                match self { $(Family::$variant => $code,)+ }
            }

            /// Returns the name used in files, templates and at the command line.
            pub const fn id(self) -> &'static str {
                match self { $(Family::$variant => $id,)+ }
            }

            /// Returns the maker's name as people write it; empty where many makers share a family.
            pub const fn vendor(self) -> &'static str {
                match self { $(Family::$variant => $vendor,)+ }
            }

            /// Returns what people call the family on a page; no two are called the same.
            pub const fn name(self) -> &'static str {
                match self { $(Family::$variant => $name,)+ }
            }
        }
    };
}

// One line for each TOML of a maker, by its code.
include!(concat!(env!("OUT_DIR"), "/families.rs"));

impl Family {
    /// Returns the family of this number, `None` for one never given out.
    pub fn from_code(code: u8) -> Option<Family> {
        Family::ALL.into_iter().find(|family| family.code() == code)
    }

    /// Returns the family of this id.
    pub fn from_id(id: &str) -> Option<Family> {
        Family::ALL.into_iter().find(|family| family.id() == id)
    }
}

impl Serialize for Family {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u8(self.code())
    }
}

impl<'de> Deserialize<'de> for Family {
    /// A number of a later release reads as [`Family::Generic`]: old firmware must start on the
    /// flash of a newer one.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let code = u8::deserialize(deserializer)?;
        Ok(Family::from_code(code).unwrap_or(Family::Generic))
    }
}

#[cfg(test)]
mod tests {
    use super::Family;

    #[test]
    fn the_numbers_on_flash_are_those_of_the_first_release() {
        // If this fails, do not change the test: append the new family instead.
        let first = ["yealink", "snom", "polycom", "grandstream", "cisco_spa", "generic"];
        let later = ["cisco_enterprise", "cisco_mpp", "aastra_mitel", "fanvil", "panasonic"];
        let more = ["gigaset", "avaya", "htek", "akuvox", "alcatel", "obihai", "sangoma_digium"];
        let rest = ["audiocodes", "flyingvoice", "thomson", "unify", "allworx", "misc"];
        let ids = first.iter().chain(&later).chain(&more).chain(&rest).chain(&["linphone"]);
        for (code, id) in (1u8..).zip(ids) {
            assert_eq!(Family::from_code(code).map(Family::id), Some(*id));
            assert_eq!(Family::from_id(id).map(Family::code), Some(code));
        }
        assert_eq!(Family::from_code(0), None);
    }

    #[test]
    fn a_family_is_one_byte_on_flash() {
        let byte = postcard::to_allocvec(&Family::CiscoSpa).unwrap();
        assert_eq!(byte.as_slice(), [5]);
        assert_eq!(postcard::from_bytes::<Family>(&[5]), Ok(Family::CiscoSpa));
        assert_eq!(postcard::from_bytes::<Family>(&[250]), Ok(Family::Generic));
    }
}
