//! A large office still has a light page.

use crate::office::*;

#[test]
fn a_page_of_a_thousand_handsets_is_light_and_quick() {
    let view = large_office(1_000);
    #[expect(clippy::disallowed_methods, reason = "what a page costs can only be measured")]
    let began = std::time::Instant::now();
    let html = pages::handsets(&view, &VIEWER, None);
    let took = began.elapsed();
    println!("1,000 handsets: {} bytes in {took:?}", html.len());
    assert!(html.len() < 300 * 1000, "{} bytes", html.len());
    // Without optimisation, and beside other tests, a bound that catches only what is quadratic.
    let bound_ms = if cfg!(debug_assertions) { 1_000 } else { 10 };
    assert!(took.as_millis() < bound_ms, "{took:?}");
}

#[test]
fn a_flood_of_strangers_does_not_fill_the_page() {
    let mut view = office();
    let one = view.strangers.remove(0);
    view.strangers = vec![one; 2_000];
    let html = pages::handsets(&view, &VIEWER, None);
    assert!(html.contains("And 1950 more"));
    assert!(html.len() < 64 * 1024, "{} bytes", html.len());
}
