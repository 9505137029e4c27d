//! The bytes of the partition as they are, read piece by piece while they are sent.
//!
//! One visitor at a time gets them; at most a few pieces are read ahead of what the network
//! takes. A partition that fails on the way ends the connection, so that the browser says that the
//! file is not whole.

use crate::mtd::Mtd;
use http_body_util::channel::{Channel, Sender};
use hyper::body::Bytes;
use std::fs::File;
use std::io::{self, Seek, SeekFrom};
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::Arc;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// The bytes on their way.
pub(super) type RawBytes = Channel<Bytes, io::Error>;

/// Most bytes that are offered; no chip of a board is larger.
const BYTES_OFFERED: u64 = 64 * 1024 * 1024;
/// Bytes read at once.
const PIECE_BYTES: usize = 64 * 1024;
/// Pieces that wait for the network.
const PIECES_AHEAD: usize = 2;

/// A partition or file that can be read.
pub(super) struct Raw {
    file: Arc<File>,
    bytes: u64,
    turn: Arc<Semaphore>,
}

impl Raw {
    /// Opens it for reading; `None` where there is nothing that could be read.
    pub(super) fn open(path: &Path) -> Option<Raw> {
        if !Mtd::is(path) && !path.metadata().ok()?.is_file() {
            return None;
        }
        let mut file = File::open(path).ok()?;
        let bytes = file.seek(SeekFrom::End(0)).ok()?;
        let turn = Arc::new(Semaphore::new(1));
        (1..=BYTES_OFFERED).contains(&bytes).then(|| Raw { file: Arc::new(file), bytes, turn })
    }

    /// How many bytes there are.
    pub(super) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Begins to read; `None` while somebody else gets them.
    pub(super) fn read(&self) -> Option<RawBytes> {
        let turn = self.turn.clone().try_acquire_owned().ok()?;
        let (sender, pieces) = RawBytes::new(PIECES_AHEAD);
        tokio::spawn(send(self.file.clone(), self.bytes, sender, turn));
        Some(pieces)
    }
}

async fn send(
    file: Arc<File>,
    bytes: u64,
    mut sender: Sender<Bytes, io::Error>,
    _turn: OwnedSemaphorePermit,
) {
    let mut at = 0;
    while at < bytes {
        let from = file.clone();
        let read = tokio::task::spawn_blocking(move || piece(&from, at, bytes - at)).await;
        let piece = match read.unwrap_or_else(|lost| Err(lost.into())) {
            Ok(piece) => piece,
            Err(error) => return sender.abort(error),
        };
        at += piece.len() as u64;
        // Nobody takes it any more: the visitor hung up.
        if sender.send_data(piece).await.is_err() {
            return;
        }
    }
}

fn piece(file: &File, at: u64, left: u64) -> io::Result<Bytes> {
    let length = usize::try_from(left).map_or(PIECE_BYTES, |left| left.min(PIECE_BYTES));
    let mut piece = vec![0; length];
    file.read_exact_at(&mut piece, at)?;
    Ok(Bytes::from(piece))
}
