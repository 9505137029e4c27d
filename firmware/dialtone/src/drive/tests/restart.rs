//! The daemon ends to be started anew: not before the record is on flash, nor before whoever asked
//! was answered.

use super::*;
use exchange::limits::NETWORK_CONFIRM_MS;
use exchange::network::Wan;
use exchange::time::SECOND_MS;

/// A box of its own with a WAN port, on whose page an admin sets that port.
fn proposes(bench: &mut Bench) -> oneshot::Receiver<Reply> {
    let mut board = board(bench.network);
    board.interfaces.push(Interface {
        side: Side::Wan,
        address: Ipv4Addr::UNSPECIFIED,
        prefix: 32,
        has_arp: true,
    });
    let templates = Box::new(render::Templates::shipped().ok().unwrap());
    let (durable, seed) = (Durable::default(), Seed([7; 32]));
    bench.driver.exchange = Exchange::new(board, durable, seed, templates, PasswordHash::default());
    bench.driver.exchange.set_appliance(NETWORK_CONFIRM_MS);
    let by = By { side: Side::Lan, source: host(bench.network, 50), seen: None };
    let (wish, done) = question(Call::Do { by, command: Command::ProposeWan(Wan::Dhcp) });
    bench.driver.answer(wish);
    done
}

#[tokio::test]
async fn a_restart_waits_for_its_record_and_then_for_its_answer_to_leave() {
    let (mut bench, flash) = Bench::played();
    let mut done = proposes(&mut bench);
    bench.turn();
    let (_, no) = appended(&flash);
    assert!(bench.driver.leaves.is_none() && done.try_recv().is_err());
    bench.kept(no);
    assert!(matches!(done.try_recv(), Ok(Reply::Done(Ok(())))));
    let leaves = bench.driver.may_leave().unwrap();
    let left_ms = leaves.since_ms(bench.driver.hands.clock.now().mono);
    assert!((LEAVE_MS / 2..=LEAVE_MS).contains(&left_ms), "{left_ms}");
    // What is being written meanwhile is not cut off.
    bench.requests(PHONE);
    assert!(bench.driver.may_leave().is_none());
    let (_, no) = appended(&flash);
    bench.kept(no);
    assert_eq!(bench.driver.may_leave(), Some(leaves));
}

#[tokio::test]
async fn the_loop_ends_by_itself_once_all_is_on_flash() {
    let file = StateFile::new("restart");
    let (flash, flash_wake) = file.thread();
    let mut bench = Bench::new(flash);
    let done = proposes(&mut bench);
    let (_desk, web) = call::desk();
    let (_spoken, streams) = mpsc::channel(1);
    let (_stop, stop) = oneshot::channel();
    let began = bench.driver.hands.clock;
    let wakes = Wakes { web, streams, flash: flash_wake, stop };
    let ended = timeout(Duration::from_secs(20), bench.driver.run(wakes)).await;
    assert!(matches!(ended, Ok(Ended::Restart)));
    assert!(began.now().mono.0 >= SECOND_MS, "the answer had no time to leave");
    assert!(matches!(done.await, Ok(Reply::Done(Ok(())))));
    assert!(file.durable().await.network_is_proposed());
}
