//! What a day's writing costs the chip, as the flash model counts it.

mod common;

use common::{mount, Dice};
use journal::mem::MemFlash;
use journal::{Geometry, Journal};

const BOARD: Geometry = Geometry { size: 1 << 20, erase_block: 64 * 1024, page: 256 };

fn report(what: &str, journal: &Journal<MemFlash>, payload: u64) -> f64 {
    let flash = journal.flash();
    let amplification = flash.programmed() as f64 / payload as f64;
    println!(
        "{what}: {} B programmed for {payload} B, {amplification:.3}, {} calls, {} erases {:?}",
        flash.programmed(),
        flash.program_calls(),
        flash.erases().iter().sum::<u32>(),
        flash.erases()
    );
    amplification
}

#[test]
fn a_thousand_records_of_200_bytes_cost_little_more_than_themselves() {
    for batch in [1, 32] {
        let (mut journal, _, _) = mount(MemFlash::new(BOARD));
        let records = vec![[0x5A; 200]; 1_000];
        for records in records.chunks(batch) {
            let batch: Vec<&[u8]> = records.iter().map(|r| r.as_slice()).collect();
            journal.append(&batch).expect("appends");
        }
        let amplification = report(&format!("1,000 x 200 B, {batch} at a time"), &journal, 200_000);
        assert!(amplification < 1.07);
        assert_eq!(journal.flash().program_calls(), 1 + 1_000_u64.div_ceil(batch as u64));
    }
}

#[test]
fn twenty_thousand_changes_of_a_thousand_records_wear_both_banks_alike() {
    let (mut journal, _, _) = mount(MemFlash::new(BOARD));
    let mut live = vec![[0; 200]; 1_000];
    let mut dice = Dice(1);
    let mut payload = 0;
    for change in 0..20_000_u32 {
        let one = &mut live[dice.below(1_000) as usize];
        one[..4].copy_from_slice(&change.to_le_bytes());
        if u64::from(journal.room()) < Journal::<MemFlash>::cost(one.len()) {
            journal.compact(&mut |keep| live.iter().for_each(|r| keep(r))).expect("compacts");
            continue;
        }
        journal.append(&[one]).expect("appends");
        payload += 200;
    }
    let amplification = report("20,000 changes of 1,000 live records", &journal, payload);
    assert!(amplification < 2.0);
    let erases = journal.flash().erases();
    let spread = erases.iter().max().zip(erases.iter().min()).map(|(most, least)| most - least);
    assert!(spread <= Some(1), "{erases:?}");
}
