//! The board's button: somebody stands in front of the box.
//!
//! Held for 3 s while the daemon runs, it claims the box (see `exchange::access`). Held at power-on
//! and then let go it makes a factory reset, for which the start script asks by `dialtone button`.
//! The signal USR1 makes the same claim, for boards without a button and whoever has the serial
//! console.
//!
//! A button that is down already when the daemon starts counts from its next press only: one that
//! is stuck must not open the box at every start. The kernel takes out the bounces. Reading needs
//! Linux 5.10, which has the second version of the character device of GPIO lines.

mod line;
mod press;

use crate::call::{Ask, Desk};
use crate::config::Hardware;
use crate::raw;
use exchange::limits::BUTTON_HELD_MS;
use line::Watch;
use press::Press;
use std::io;
use std::os::fd::OwnedFd;
use std::path::Path;
use std::pin::Pin;
use std::time::Duration;
use tokio::io::unix::AsyncFd;
use tokio::signal::unix::{signal, SignalKind};
use tokio::time::{sleep, Sleep};

/// How often a button is looked at whether it is still down.
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// A button whose presses are heard.
pub(crate) struct Button {
    line: AsyncFd<OwnedFd>,
    press: Press<Pin<Box<Sleep>>>,
}

impl Button {
    /// Opens a line of a GPIO chip; needs a runtime to be entered. `active_low` if a pressed button
    /// pulls the line down.
    pub(crate) fn open(chip: &Path, line: u32, active_low: bool) -> io::Result<Button> {
        let line = line::open(chip, line, active_low, Watch::Edges)?;
        Ok(Button { line: raw::wakes(line)?, press: Press::default() })
    }

    /// Waits until the button was pressed and then held for 3 s, once for each press.
    pub(crate) async fn held(&mut self) -> io::Result<()> {
        let long = Duration::from_millis(BUTTON_HELD_MS);
        loop {
            tokio::select! {
                biased;
                ready = self.line.readable_mut() => {
                    if let Ok(edges) = ready?.try_io(|line| line::edges(line.get_ref())) {
                        let wait = || Box::pin(sleep(long));
                        edges?.into_iter().for_each(|edge| self.press.edge(edge, wait));
                    }
                }
                () = over(self.press.wait()) => {
                    self.press.counted();
                    // An edge that was lost in a full queue must not make a press out of none.
                    if line::is_down(self.line.get_ref())? {
                        return Ok(());
                    }
                }
            }
        }
    }
}

async fn over(wait: Option<&mut Pin<Box<Sleep>>>) {
    match wait {
        Some(wait) => wait.await,
        None => std::future::pending().await,
    }
}

/// From now on the signal that claims the box does not end the process, whether or not anybody
/// listens to it yet. Needs a runtime to be entered.
pub(crate) fn outlive_signal() {
    if let Err(error) = signal(SignalKind::user_defined1()) {
        log::error!("the signal USR1 is not heard: {error}");
    }
}

/// Claims the box whenever its button is held or the signal USR1 comes; never returns.
pub(crate) async fn claims(button: Option<Button>, desk: Desk) {
    tokio::join!(by_button(button, &desk), by_signal(&desk));
}

async fn by_button(button: Option<Button>, desk: &Desk) {
    let Some(mut button) = button else { return };
    loop {
        if let Err(error) = button.held().await {
            return log::error!("the button cannot be read any more: {error}");
        }
        desk.ask_access(Ask::Claim).await;
    }
}

async fn by_signal(desk: &Desk) {
    let mut signals = match signal(SignalKind::user_defined1()) {
        Ok(signals) => signals,
        Err(error) => return log::error!("the signal USR1 is not heard: {error}"),
    };
    while signals.recv().await.is_some() {
        desk.ask_access(Ask::Claim).await;
    }
}

/// Whether the board's button is down, stays so for this long, and is let go before twice as long
/// is over; `false` at once if it is not down, or if the board has none. A button that is stuck is
/// never let go, and so asks for nothing. An error in words if it cannot be read.
pub(crate) fn is_held_and_let_go(hardware: &Hardware, long: Duration) -> Result<bool, String> {
    let Some(button) = &hardware.button else { return Ok(false) };
    let unread = |error: io::Error| {
        let (chip, line) = (button.chip.display(), button.line);
        format!("the button on line {line} of {chip} cannot be read: {error}")
    };
    let line = line::open(&button.chip, button.line, button.active_low, Watch::Level);
    let line = line.map_err(unread)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build();
    let runtime = runtime.map_err(|error| format!("the runtime did not start: {error}"))?;
    runtime.block_on(held_for(long, || line::is_down(&line))).map_err(unread)
}

async fn held_for(long: Duration, is_down: impl Fn() -> io::Result<bool>) -> io::Result<bool> {
    let looks = long.as_millis().div_ceil(LOOK_EVERY.as_millis());
    for look in 0..2 * looks {
        if !is_down()? {
            return Ok(look >= looks);
        }
        sleep(LOOK_EVERY).await;
    }
    Ok(false)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::call::{desk, Call};
    use std::cell::Cell;

    /// Whether a button that is down for so many looks was held for 10 s and let go, and how many
    /// looks were made.
    async fn held_for_looks(down: usize) -> (bool, usize) {
        let looks = Cell::new(0);
        let is_down = || Ok(looks.replace(looks.get() + 1) < down);
        let held = held_for(Duration::from_secs(10), is_down).await.unwrap();
        (held, looks.get())
    }

    #[tokio::test(start_paused = true)]
    async fn a_button_is_held_only_if_it_is_down_all_the_time_and_then_let_go() {
        assert_eq!(held_for_looks(0).await, (false, 1), "said at once");
        assert_eq!(held_for_looks(199).await, (false, 200), "let go a little early");
        assert_eq!(held_for_looks(200).await, (true, 201));
        assert_eq!(held_for_looks(399).await, (true, 400));
        assert_eq!(held_for_looks(400).await, (false, 400), "it may be stuck");
        assert_eq!(held_for_looks(usize::MAX).await, (false, 400));
        let unplugged = || Err(io::Error::other("unplugged"));
        assert!(held_for(Duration::from_secs(1), unplugged).await.is_err());
    }

    #[test]
    fn a_board_without_a_button_has_none_down_and_a_chip_that_is_not_there_is_named() {
        let mut hardware = Hardware::default();
        assert_eq!(is_held_and_let_go(&hardware, Duration::ZERO), Ok(false));
        hardware =
            toml::from_str("button = { chip = '/nonexistent/gpiochip0', line = 3 }").unwrap();
        let why = is_held_and_let_go(&hardware, Duration::ZERO).unwrap_err();
        assert!(why.starts_with("the button on line 3 of /nonexistent/gpiochip0"), "{why}");
    }

    #[tokio::test]
    async fn the_signal_claims_the_box() {
        let (desk, mut questions) = desk();
        let watching = tokio::spawn(claims(None, desk));
        // Until it is heard, the signal would end this process.
        tokio::task::yield_now().await;
        let own = std::process::id().to_string();
        let sent = std::process::Command::new("kill").args(["-USR1", &own]).status();
        assert!(sent.unwrap().success());
        let asked = questions.recv().await.unwrap();
        assert!(matches!(asked.call, Call::Access(Ask::Claim)));
        watching.abort();
    }
}
