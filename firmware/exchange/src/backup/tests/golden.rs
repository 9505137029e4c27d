//! A text is as it always was.

use super::*;

#[test]
fn the_text_of_a_state_is_as_its_golden_file() {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tests/golden/state");
    let sealed = Secrets::Sealed(&key());
    for (name, how) in
        [("left-out", Secrets::LeftOut), ("clear", Secrets::Clear), ("sealed", sealed)]
    {
        let (path, text) = (folder.join(format!("{name}.txt")), write(&example(), how));
        if std::env::var_os("UPDATE_GOLDEN").is_some() {
            std::fs::create_dir_all(&folder).unwrap();
            std::fs::write(&path, &text).unwrap();
        }
        let golden = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(golden == text, "{name}.txt differs: cargo xtask golden, then read the diff");
    }
}
