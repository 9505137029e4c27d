//! The thread that holds the firmware of phones: the only one that touches its flash.
//!
//! Whoever wants something of it hands over a piece of work and waits for the answer, so memory is
//! bounded by how many may wait: one who uploads, so many who fetch over HTTP, and the transfers of
//! TFTP. A piece is small, so that all have their turn between two of them. The flash may be a part
//! of the chip that holds the state, which cannot store while it erases: during a rush of booting
//! phones an upload takes a breath before each piece.

#[cfg(test)]
#[allow(clippy::expect_used, reason = "an expectation that fails is how a test fails")]
mod tests;

use crate::chip::{self, Chip};
use crate::clock::Clock;
use crate::nor_file::NorFile;
use exchange::firmware::{About, Firmware};
use exchange::limits::{FIRMWARE_PIECE_BYTES, FIRMWARE_READERS_MAX};
use exchange::time::Instant;
use exchange::FileNo;
use hyper::body::Bytes;
use journal::files::{self, Files, NoFiles, NotBegun, NotKept, Room};
use journal::mem::MemFlash;
use journal::{Fault, Geometry};
use pages::recovery::Problem;
use std::io;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, Sender};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{oneshot, OwnedSemaphorePermit, Semaphore};

/// What a demonstration has: 16 MiB in memory, gone with it.
const IN_MEMORY: Geometry = Geometry { size: 16 * 1024 * 1024, erase_block: 65_536, page: 256 };
/// Since a phone last looked for an address, in which it will soon have something to be stored.
const RUSH_MS: u64 = 10_000;
/// How long an upload rests then before each piece.
const BREATH: Duration = Duration::from_millis(100);

/// Where firmware of phones is kept.
#[derive(Clone, Default)]
pub(crate) enum Store {
    /// Nowhere: the box has no place for it.
    #[default]
    Nowhere,
    /// The place cannot be used, in words.
    Unusable(String),
    /// Here.
    Shelf(Shelf),
}

/// Opens what the path names, or says why it cannot be used.
pub(crate) fn open(path: &Path) -> Result<Files<Chip>, String> {
    let chip = Chip::of_files(path).map_err(|problem| problem.to_string())?;
    Files::mount(chip).map_err(|why| match why {
        NoFiles::Geometry => "it has too few blocks, or too small ones".to_owned(),
        NoFiles::Foreign => "it holds something else, or is damaged; erase it to use it".to_owned(),
        NoFiles::Fault(fault) => words(fault).to_string(),
    })
}

/// A store that ends with the process.
pub(crate) fn in_memory() -> Option<Files<Chip>> {
    Files::mount(Chip::Copy(MemFlash::new(IN_MEMORY))).ok()
}

fn words(fault: Fault<io::Error>) -> Problem {
    match fault {
        Fault::Flash(error) => chip::fault(&error),
        Fault::Unverified { .. } => {
            Problem::Fault { said: "it does not read back what was written" }
        }
    }
}

/// What there is.
pub(crate) struct Stock {
    pub(crate) files: Vec<Firmware>,
    pub(crate) room: Room,
}

/// The files and the room of a store.
pub(crate) fn stock(files: &Files<Chip>) -> Stock {
    let file = |file: &files::File| Firmware {
        no: FileNo(file.no.0),
        name: file.name.clone(),
        bytes: file.bytes,
        digest: file.digest,
        about: About::decode(&file.remark),
    };
    Stock { files: files.files().iter().map(file).collect(), room: files.room() }
}

/// Why an upload ends without a file.
pub(crate) enum Failed {
    /// More came than was announced.
    TooMuch,
    /// The flash failed, in words.
    Flash(String),
    /// The thread is gone.
    Gone,
}

impl From<NotKept<io::Error>> for Failed {
    fn from(why: NotKept<io::Error>) -> Failed {
        match why {
            NotKept::Unannounced => Failed::TooMuch,
            NotKept::Fault(fault) => Failed::Flash(words(fault).to_string()),
        }
    }
}

/// Is called on the thread once something has changed, also where whoever wanted that has left.
pub(crate) trait Told: FnOnce(Stock) + Send + 'static {}

impl<F: FnOnce(Stock) + Send + 'static> Told for F {}

/// A piece of work for the thread.
type Work = Box<dyn FnOnce(&mut Files<Chip>) + Send>;

/// The others' end of the thread.
#[derive(Clone)]
pub(crate) struct Shelf {
    work: Sender<Work>,
    writer: Arc<Semaphore>,
    readers: Arc<Semaphore>,
    rush: Arc<AtomicU64>,
    clock: Clock,
}

/// What waits for the thread to start.
pub(crate) struct Queue(Receiver<Work>);

impl Shelf {
    /// A shelf whose work waits until [`Queue::start`].
    pub(crate) fn new(clock: Clock) -> (Shelf, Queue) {
        let (work, queue) = std::sync::mpsc::channel();
        let shelf = Shelf {
            work,
            writer: Arc::new(Semaphore::new(1)),
            readers: Arc::new(Semaphore::new(FIRMWARE_READERS_MAX)),
            rush: Arc::default(),
            clock,
        };
        (shelf, Queue(queue))
    }

    /// Has something done and waits for what comes of it; `None` where the thread is gone.
    async fn ask<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Files<Chip>) -> T + Send + 'static,
    ) -> Option<T> {
        let (answer, told) = oneshot::channel();
        let work = move |files: &mut Files<Chip>| drop(answer.send(work(files)));
        self.work.send(Box::new(work)).ok()?;
        told.await.ok()
    }

    /// Says that a phone looked for an address.
    pub(crate) fn rush(&self, at: Instant) {
        self.rush.store(at.0.max(1), Ordering::Relaxed);
    }

    fn is_rush(&self) -> bool {
        let last = self.rush.load(Ordering::Relaxed);
        last != 0 && self.clock.now().mono.since_ms(Instant(last)) < RUSH_MS
    }

    /// What there is.
    pub(crate) async fn look(&self) -> Option<Stock> {
        self.ask(|files| stock(files)).await
    }

    /// A place among those who read; `None` where all are taken.
    pub(crate) fn place(&self) -> Option<OwnedSemaphorePermit> {
        self.readers.clone().try_acquire_owned().ok()
    }

    /// So many bytes of a file from an offset on, at most [`FIRMWARE_PIECE_BYTES`]; `None` where it
    /// is not there any more.
    pub(crate) async fn read(&self, no: FileNo, at: u32, len: u32) -> Option<Bytes> {
        let len = FIRMWARE_PIECE_BYTES.min(len as usize);
        let read = self.ask(move |files| read(files, no, at, len)).await;
        read.flatten().map(Bytes::from)
    }

    /// The same for somebody who does not wait; `answer` is called on the thread.
    pub(crate) fn read_for(
        &self,
        no: FileNo,
        at: u32,
        len: usize,
        answer: impl FnOnce(Option<Vec<u8>>) + Send + 'static,
    ) {
        // A thread that is gone has taken the daemon with it.
        let _ = self.work.send(Box::new(move |files| answer(read(files, no, at, len))));
    }

    /// Begins a file of at most so many bytes; refused while another one is on its way.
    pub(crate) async fn begin(
        &self,
        name: String,
        about: About,
        bytes: u64,
    ) -> Result<Upload, NotBegun> {
        let place = self.writer.clone().try_acquire_owned().map_err(|_taken| NotBegun::Busy)?;
        // Made first: whoever leaves while the thread begins must not leave a file under way.
        let upload = Upload { shelf: self.clone(), whole: false, _place: place };
        let begun = self.ask(move |files| files.begin(&name, &about.encode(), bytes)).await;
        begun.unwrap_or(Err(NotBegun::Busy))?;
        Ok(upload)
    }

    /// Deletes a file, and has `told` know what is left; `None` where that failed.
    pub(crate) async fn delete(&self, no: FileNo, told: impl Told) -> Option<()> {
        let deleted = self.ask(move |files| {
            files.delete(files::FileNo(no.0)).map_err(words).map(|_| told(stock(files)))
        });
        match deleted.await? {
            Ok(()) => Some(()),
            Err(problem) => {
                log::error!("a file of firmware could not be deleted: {problem}");
                None
            }
        }
    }
}

fn read(files: &mut Files<Chip>, no: FileNo, at: u32, len: usize) -> Option<Vec<u8>> {
    let mut bytes = vec![0; len];
    match files.read(files::FileNo(no.0), at, &mut bytes) {
        Ok(there) => {
            bytes.truncate(there?);
            Some(bytes)
        }
        Err(fault) => {
            log::error!("firmware could not be read: {}", words(fault));
            None
        }
    }
}

/// A file on its way in; what it took is free again if this is dropped before the end.
pub(crate) struct Upload {
    shelf: Shelf,
    whole: bool,
    _place: OwnedSemaphorePermit,
}

impl Upload {
    /// Stores the next bytes.
    pub(crate) async fn write(&self, piece: Bytes) -> Result<(), Failed> {
        if self.shelf.is_rush() {
            tokio::time::sleep(BREATH).await;
        }
        let written = self.shelf.ask(move |files| files.write(&piece)).await;
        Ok(written.ok_or(Failed::Gone)??)
    }

    /// Makes it a file, and has `told` know what there is then.
    pub(crate) async fn finish(mut self, told: impl Told) -> Result<(), Failed> {
        self.whole = true;
        let finish = |files: &mut Files<Chip>| files.finish().map(|_| told(stock(files)));
        let finished = self.shelf.ask(finish).await;
        Ok(finished.ok_or(Failed::Gone)??)
    }
}

impl Drop for Upload {
    fn drop(&mut self) {
        if !self.whole {
            let _ = self.shelf.work.send(Box::new(|files| files.abandon()));
        }
    }
}

impl Queue {
    /// Starts the thread; it ends with the last who could ask it.
    pub(crate) fn start(self, mut files: Files<Chip>) -> io::Result<()> {
        let run = move || self.0.iter().for_each(|work| work(&mut files));
        std::thread::Builder::new().name("firmware".to_owned()).spawn(run).map(drop)
    }
}

/// The largest store that a disk or a file stands for, in bytes.
const DISK_BYTES_MOST: u64 = 1024 * 1024 * 1024;
/// What is made where there is no file: as much as a board's whole chip.
const FILE_BYTES: u64 = 64 * 1024 * 1024;

impl Chip {
    /// Opens what the path names to keep files on it: a partition of a chip, one of a disk, or a
    /// file that stands for either; a file that is missing is made.
    fn of_files(path: &Path) -> Result<Chip, Problem> {
        if crate::mtd::Mtd::is(path) {
            return Chip::partition(path);
        }
        let missing = path.metadata().is_err_and(|why| why.kind() == io::ErrorKind::NotFound);
        if missing && path.parent() == Some(Path::new(chip::DEVICES)) {
            return Err(Problem::Missing);
        }
        let opened = NorFile::of_files(path, FILE_BYTES, DISK_BYTES_MOST);
        opened.map(Chip::File).map_err(|error| {
            let kind = error.kind();
            if kind == io::ErrorKind::ResourceBusy {
                Problem::InUse
            } else if kind == io::ErrorKind::InvalidData {
                Problem::NotFlash
            } else {
                chip::fault(&error)
            }
        })
    }
}
