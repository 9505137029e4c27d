//! Whether the box's clock follows a better one.
//!
//! Two are asked. The kernel keeps a flag that most NTP clients clear while they follow somebody
//! (`STA_UNSYNC`, RFC 1589). Busybox's does not tell the kernel how large its error may be, so the
//! kernel sets the flag again within a second; its script therefore leaves the stratum it has in a
//! file, 16 while it follows nobody (RFC 5905 section 7.3).
//!
//! Nothing here sets a clock, or reads the time.
#![allow(unsafe_code, reason = "adjtimex has no safe form in nix")]

use nix::libc;
use std::fs;
use std::mem::MaybeUninit;

/// Where the script of the NTP client leaves its stratum.
const STRATUM: &str = "/run/ntp-stratum";
/// A clock that is synchronised has one of these.
const STRATA: std::ops::RangeInclusive<u8> = 1..=15;

/// What can be said of the time.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Time {
    /// It follows a time server.
    Synchronised,
    /// It goes by the box's own crystal, from wherever it was set last.
    Free,
}

/// Asks now.
pub(crate) fn time() -> Time {
    judge(kernel_flags(), fs::read_to_string(STRATUM).ok().as_deref())
}

fn judge(flags: Option<libc::c_int>, stratum: Option<&str>) -> Time {
    let by_kernel = flags.is_some_and(|flags| flags & libc::STA_UNSYNC == 0);
    let stratum = stratum.and_then(|text| text.trim().parse().ok());
    if by_kernel || stratum.is_some_and(|stratum| STRATA.contains(&stratum)) {
        Time::Synchronised
    } else {
        Time::Free
    }
}

/// `struct timex` with room to spare: where a time has more bits than the crate `libc` believes,
/// the structure is longer than its own. The flags stand before the first time in both.
#[repr(C)]
struct Answer {
    timex: libc::timex,
    spare: [u8; 128],
}

/// The flags of the kernel's clock; `None` where it does not tell.
fn kernel_flags() -> Option<libc::c_int> {
    let mut answer = MaybeUninit::<Answer>::zeroed();
    // SAFETY: zero modes ask and set nothing; the kernel writes one `timex`, for which there is
    // room; all-zero bytes are a valid `Answer`, so it can be read whatever was written.
    let answer = unsafe {
        let said = libc::adjtimex(answer.as_mut_ptr().cast());
        (said >= 0).then(|| answer.assume_init())
    };
    answer.map(|answer| answer.timex.status)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_is_synchronised_when_the_kernel_or_the_ntp_client_says_so() {
        let rows = [
            (Some(0), None, Time::Synchronised),
            (Some(libc::STA_UNSYNC), None, Time::Free),
            (Some(libc::STA_UNSYNC), Some("3\n"), Time::Synchronised),
            (Some(libc::STA_UNSYNC), Some("16\n"), Time::Free),
            (Some(libc::STA_UNSYNC), Some("0"), Time::Free),
            (Some(libc::STA_UNSYNC), Some(""), Time::Free),
            (None, Some("1"), Time::Synchronised),
            (None, None, Time::Free),
        ];
        for (flags, stratum, wanted) in rows {
            assert_eq!(judge(flags, stratum), wanted, "{flags:?} {stratum:?}");
        }
    }

    #[test]
    fn the_kernel_tells_its_flags() {
        // Which they are is this machine's business; that no flag beyond the known ones is set
        // shows that they were read from the right place.
        assert!(kernel_flags().is_some_and(|flags| flags & !0xffff == 0));
    }
}
