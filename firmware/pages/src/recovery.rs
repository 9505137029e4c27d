//! The page of a box that cannot use its state: what was found, what it means, what can be done.
//!
//! It is seen without log-in, since who may log in stands in the state that cannot be read; so it
//! shows nothing but the partition's name and sizes. Each action asks for the code that the console
//! shows. The forms carry no token: a page of elsewhere does not know the code either.
//!
//! | address | method | fields |
//! |---|---|---|
//! | [`COPY`] | POST | `code` |
//! | [`RESTART`] | POST | `code` |
//! | [`RESTORE`] | POST | a form with the file of a backup: `code`, `word`, `file`, `passphrase` |
//! | [`ERASE`] | POST | `code`, `word`, which has to be [`ERASE_WORD`] |

use crate::backup::NotRestored;
use crate::form::PASSWORD_CHARS_MAX;
use crate::{asset, html, Html};
use alloc::string::String;
use askama::Template;
use core::fmt;
use core::net::Ipv4Addr;

/// Where the raw bytes of the partition are asked for.
pub const COPY: &str = "/recovery/copy";
/// Where a new start is asked for.
pub const RESTART: &str = "/recovery/restart";
/// Where a backup is sent that is to be the state.
pub const RESTORE: &str = "/recovery/restore";
/// Where the erasing of the state is asked for.
pub const ERASE: &str = "/recovery/erase";
/// What has to be typed before the state is erased, in letters of either case.
pub const ERASE_WORD: &str = "erase";

/// Why the state cannot be used; its words continue "The state in .. cannot be used:".
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Problem {
    /// There is nothing under the name of the partition.
    Missing,
    /// What is there is neither a partition of NOR flash nor a file.
    NotFlash,
    /// It can be read but not written.
    WriteProtected,
    /// Another process of this program holds the file or partition.
    InUse,
    /// A file has another size than the flash that it stands for.
    FileSize {
        /// Its size in bytes.
        bytes: u64,
    },
    /// The partition is smaller than an office's state needs.
    TooSmall {
        /// Its size in bytes.
        bytes: u32,
        /// The least size in bytes.
        wanted: u32,
    },
    /// The partition is larger than the journal can count.
    TooLarge,
    /// The partition does not divide into two banks of whole erase blocks.
    EraseBlocks {
        /// Size in bytes of an erase block.
        bytes: u32,
    },
    /// The driver reports an error.
    Fault {
        /// The system's words.
        said: &'static str,
    },
    /// It holds something that this program did not write.
    Foreign,
    /// It holds a state in a format of newer software.
    Newer {
        /// The format that it is in.
        version: u32,
        /// The newest format that this software reads.
        known: u32,
    },
    /// It holds a state with records of newer software.
    NewerRecords {
        /// How many there are.
        count: u32,
    },
    /// It holds a state that was written for a partition of another size.
    OtherBanks {
        /// Size in bytes of the banks it was written in.
        bytes: u32,
    },
    /// It holds a state whose beginning cannot be proven in either bank.
    Headless,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Problem::Missing => f.write_str("there is no such partition"),
            Problem::NotFlash => f.write_str("it is neither NOR flash nor a file"),
            Problem::WriteProtected => f.write_str(
                "it is write-protected, or does not begin and end with whole erase blocks",
            ),
            Problem::InUse => f.write_str("another Dialtone uses this file"),
            Problem::FileSize { bytes } => write!(
                f,
                "it is not a state file of Dialtone ({bytes} bytes), and is left untouched"
            ),
            Problem::TooSmall { bytes, wanted } => {
                write!(f, "it is too small ({bytes} bytes; at least {wanted} are needed)")
            }
            Problem::TooLarge => f.write_str("it is larger than a state can be"),
            Problem::EraseBlocks { bytes } => {
                write!(f, "it cannot be divided into two halves of erase blocks ({bytes} bytes)")
            }
            Problem::Fault { said } => write!(f, "it cannot be read ({said})"),
            Problem::Foreign => {
                f.write_str("it holds something that is not Dialtone's, and is left untouched")
            }
            Problem::Newer { version, known } => write!(
                f,
                "it was written by newer software, in format {version}; this software reads up to \
                 format {known}"
            ),
            Problem::NewerRecords { count: 1 } => {
                f.write_str("1 record in it was written by newer software")
            }
            Problem::NewerRecords { count } => {
                write!(f, "{count} records in it were written by newer software")
            }
            Problem::OtherBanks { bytes } => write!(
                f,
                "it was written for a partition of another size (halves of {bytes} bytes)"
            ),
            Problem::Headless => f.write_str(
                "both headings of its journal are damaged, or its erasing was interrupted",
            ),
        }
    }
}

impl Problem {
    /// Tells whether erasing would mend it; a partition that does not fit stays as it is.
    pub fn ends_with_erasing(self) -> bool {
        match self {
            Problem::Foreign
            | Problem::Newer { .. }
            | Problem::NewerRecords { .. }
            | Problem::OtherBanks { .. }
            | Problem::Headless => true,
            Problem::Missing
            | Problem::NotFlash
            | Problem::WriteProtected
            | Problem::InUse
            | Problem::FileSize { .. }
            | Problem::TooSmall { .. }
            | Problem::TooLarge
            | Problem::EraseBlocks { .. }
            | Problem::Fault { .. } => false,
        }
    }

    /// What to do about it, in sentences.
    pub fn advice(self) -> &'static str {
        match self {
            Problem::Missing
            | Problem::NotFlash
            | Problem::WriteProtected
            | Problem::TooSmall { .. }
            | Problem::TooLarge
            | Problem::EraseBlocks { .. } => {
                "The software and the board do not fit together: install the image made for this \
                 board. Erasing would not help."
            }
            Problem::InUse => "Stop the other one, then restart this one.",
            Problem::FileSize { .. } => {
                "Name another file for the state in the configuration, then restart. This one is \
                 not erased."
            }
            Problem::Fault { .. } => {
                "Restart the box. If this page comes again, the flash or its connection has failed and \
                 the box needs repair; where the state lies on a disk, dialtone-reset on the console \
                 makes its file system anew."
            }
            Problem::Foreign => {
                "If you are not sure what it is, download it first. If nothing of it is needed, \
                 erase it: the box then starts as it came from the factory."
            }
            Problem::Newer { .. } | Problem::NewerRecords { .. } => {
                "Install the newer software again, and everything is as it was. To stay with this \
                 one, download the state, then erase it: the box then starts as it came from the \
                 factory."
            }
            Problem::OtherBanks { .. } => {
                "Install the image that was here before, and everything is as it was. To stay with \
                 this one, download the state, then erase it: the box then starts as it came from \
                 the factory."
            }
            Problem::Headless => {
                "If the power failed while the state was being erased, erase it again. Otherwise \
                 download it first: it may still be readable to whoever maintains the box."
            }
        }
    }
}

/// Which form of the page was sent.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Asked {
    /// The one to download or to restart.
    CopyOrRestart,
    /// The one to restore a backup.
    Restore,
    /// The one to erase.
    Erase,
}

/// Why a form did nothing.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Refused {
    /// The code is not the right one.
    Code,
    /// Too many wrong codes came; the next is looked at after so many seconds.
    Slowed(u32),
    /// The code is right, the word is not [`ERASE_WORD`].
    Word,
    /// The bytes are being downloaded by somebody else.
    CopyUnderWay,
}

/// What the page shows.
pub struct Recovery<'a> {
    /// Name of the partition or file.
    pub partition: &'a str,
    /// What is wrong with it.
    pub problem: Problem,
    /// How many bytes can be downloaded; `None` where nothing can be read.
    pub bytes: Option<u64>,
    /// The address of the box in the visitor's network.
    pub address: Ipv4Addr,
    /// Length of that network's prefix, in bits.
    pub prefix: u8,
    /// Why erasing or restoring failed that was tried before: a sentence without its full stop.
    pub failed: Option<&'a str>,
    /// Why the form that was sent did nothing.
    pub refused: Option<(Asked, Refused)>,
    /// What is wrong with the backup that was sent.
    pub not_restored: Option<&'a NotRestored>,
}

#[derive(Template)]
#[template(path = "recovery.html")]
struct RecoveryPage<'a> {
    recovery: &'a Recovery<'a>,
}

impl RecoveryPage<'_> {
    fn refused(&self, asked: Asked) -> Option<Refused> {
        self.recovery.refused.filter(|(known, _)| *known == asked).map(|(_, refused)| refused)
    }

    fn code_is_refused(&self, asked: Asked) -> bool {
        match self.refused(asked) {
            Some(Refused::Code | Refused::Slowed(_)) => true,
            Some(Refused::Word | Refused::CopyUnderWay) | None => false,
        }
    }

    fn fixed_address(&self) -> String {
        match neighbour(self.recovery.address, self.recovery.prefix) {
            Some(address) => {
                alloc::format!(", such as {address} with the mask {}", mask(self.recovery.prefix))
            }
            None => String::new(),
        }
    }
}

/// The page that says what is wrong.
pub fn recovery(recovery: &Recovery<'_>) -> Html {
    html(&RecoveryPage { recovery }, 5 * 1024)
}

/// What the box is about to do after a form was granted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Leaving {
    /// The state is being erased; then the box starts anew.
    Erasing,
    /// A backup is being put in the place of the state; then the box starts anew.
    Restoring,
    /// It starts anew at once.
    Restarting,
}

#[derive(Template)]
#[template(path = "recovery-leaving.html")]
struct LeavingPage {
    leaving: Leaving,
    address: Ipv4Addr,
    moves: bool,
}

/// The page after a form was granted; `own` is where the box is, `address` where it is found
/// afterwards.
pub fn leaving(leaving: Leaving, own: Ipv4Addr, address: Ipv4Addr) -> Html {
    html(&LeavingPage { leaving, address, moves: address != own }, 2 * 1024)
}

/// Another address of the same network, for the visitor's computer; `None` where there is none.
pub fn neighbour(address: Ipv4Addr, prefix: u8) -> Option<Ipv4Addr> {
    let host_bits = u32::from(mask(prefix)) ^ u32::MAX;
    let own = u32::from(address);
    let fits = |other: &u32| {
        let same_network = (own ^ *other) & !host_bits == 0;
        same_network && *other & host_bits != 0 && *other & host_bits != host_bits
    };
    let near = [own.checked_add(1), own.checked_sub(1)];
    near.into_iter().flatten().find(fits).map(Ipv4Addr::from)
}

/// The mask of a prefix; anything above 32 bits counts as 32.
fn mask(prefix: u8) -> Ipv4Addr {
    let host_bits = u32::MAX.checked_shr(u32::from(prefix)).unwrap_or_default();
    Ipv4Addr::from(!host_bits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_computer_gets_the_address_beside_the_boxs_own() {
        let beside = |address: [u8; 4], prefix| {
            neighbour(Ipv4Addr::from(address), prefix).map(|address| address.octets())
        };
        assert_eq!(beside([192, 168, 10, 1], 24), Some([192, 168, 10, 2]));
        assert_eq!(beside([192, 168, 10, 254], 24), Some([192, 168, 10, 253]));
        assert_eq!(beside([10, 0, 0, 255], 16), Some([10, 0, 1, 0]));
        assert_eq!(beside([10, 0, 0, 2], 30), Some([10, 0, 0, 1]));
        for prefix in [31, 32, 33, 255] {
            assert_eq!(beside([10, 0, 0, 2], prefix), None);
        }
        assert_eq!(beside([255, 255, 255, 255], 0), Some([255, 255, 255, 254]));
    }

    #[test]
    fn a_mask_has_as_many_ones_as_the_prefix_says() {
        for prefix in 0..=32 {
            assert_eq!(u32::from(mask(prefix)).leading_ones(), u32::from(prefix));
            assert_eq!(u32::from(mask(prefix)).count_ones(), u32::from(prefix));
        }
    }
}
