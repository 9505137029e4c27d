//! The thread on a store in memory.

use super::*;

#[tokio::test]
async fn whoever_leaves_while_an_upload_begins_leaves_nothing_under_way() {
    let (shelf, queue) = Shelf::new(Clock::start());
    let begin = |name: &str| shelf.begin(name.to_owned(), About::default(), 1_000);
    // The thread has not come to it yet when he leaves.
    let left = tokio::time::timeout(Duration::ZERO, begin("left.rom")).await;
    assert!(left.is_err());
    queue.start(in_memory().expect("a store")).expect("a thread");
    let upload = begin("stays.rom").await.expect("begun");
    assert!(matches!(begin("second.rom").await, Err(NotBegun::Busy)));
    assert!(upload.write(Bytes::from_static(b"firmware")).await.is_ok());
    // Nor does he who leaves at its very end leave a file that nobody knows of.
    let (tell, told) = std::sync::mpsc::channel();
    let finished = upload.finish(move |stock| drop(tell.send(stock)));
    drop(tokio::time::timeout(Duration::ZERO, finished).await);
    let stock = told.recv_timeout(Duration::from_secs(10)).expect("told");
    let names: Vec<&str> = stock.files.iter().map(|file| file.name.as_str()).collect();
    assert_eq!(names, ["stays.rom"]);
}
