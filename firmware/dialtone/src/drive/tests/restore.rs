//! A state is replaced: by one snapshot that nothing is written behind, and the daemon ends when it
//! is on flash and whoever wished it knows.

use super::*;
use exchange::time::SECOND_MS;

/// A state with one address that the bench's own pool does not have.
fn another() -> Vec<Event> {
    vec![Event::AddressGiven { mac: PHONE_2, address: [10, 9, 8, 7] }]
}

fn restore(bench: &mut Bench) -> oneshot::Receiver<Reply> {
    let source = host(bench.network, 50);
    let (wish, done) = question(Call::Restore { source, facts: another() });
    bench.driver.answer(wish);
    done
}

#[tokio::test]
async fn what_waited_for_the_old_state_is_never_told() {
    let (mut bench, flash) = Bench::played();
    bench.requests(PHONE);
    let (_, before) = appended(&flash);
    let mut done = restore(&mut bench);
    let Ok(Job::Replace(records, no)) = flash.try_recv() else { panic!("not replaced") };
    assert_eq!(records, another().iter().map(encoded).collect::<Vec<_>>());
    assert!(no > before && bench.driver.replaced);
    bench.driver.settle(Told::Kept(before, Wear::default())).unwrap();
    bench.driver.release();
    assert!(done.try_recv().is_err(), "told before it is on flash");
    bench.driver.settle(Told::Kept(no, Wear::default())).unwrap();
    bench.driver.release();
    assert!(matches!(done.try_recv(), Ok(Reply::Done(Ok(())))));
    assert!(hears(&bench.dhcp).is_none(), "an address of the old state was acknowledged");
}

#[tokio::test]
async fn the_loop_ends_once_the_new_state_and_nothing_else_is_on_flash() {
    let file = StateFile::new("restore");
    let (flash, flash_wake) = file.thread();
    let bench = Bench::new(flash);
    let (desk, web) = call::desk();
    let (_spoken, streams) = mpsc::channel(1);
    let (_stop, stop) = oneshot::channel();
    let clock = bench.driver.hands.clock;
    let source = host(bench.network, 50);
    // One behind the other, so that the loop finds both in one turn.
    let restores = desk.ask(Call::Restore { source, facts: another() });
    let adds = desk.ask(adds_handset(PHONE, bench.network));
    let wakes = Wakes { web, streams, flash: flash_wake, stop };
    let running = timeout(Duration::from_secs(20), bench.driver.run(wakes));
    let (ended, restored, added) = tokio::join!(running, restores, adds);
    assert!(matches!(ended, Ok(Ended::Restored)));
    assert!(matches!(restored, Some(Reply::Done(Ok(())))) && added.is_none());
    assert!(clock.now().mono.0 >= SECOND_MS, "the answer had no time to leave");
    let durable = file.durable().await;
    let told: Vec<_> = durable.addresses().collect();
    assert_eq!(told, [(Mac(PHONE_2), Ipv4Addr::new(10, 9, 8, 7))]);
    assert_eq!(durable.handsets().count(), 0);
}
