//! The files of the tree that are committed, or would be.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::{fs, io};

/// Every text file of the tree, by path.
#[derive(Debug, Default)]
pub(crate) struct Tree {
    /// The files, sorted by path.
    pub(crate) files: Vec<File>,
}

/// One text file.
#[derive(Debug)]
pub(crate) struct File {
    /// Where it lies, from the root of the tree, with `/` between the folders.
    pub(crate) path: String,
    /// What it says.
    pub(crate) text: String,
}

impl Tree {
    /// Reads what git tracks or would track below `root`; without git, all but the hidden folder
    /// of git and the build directory. A file that is not UTF-8 is no text and is left out.
    pub(crate) fn read(root: &Path) -> io::Result<Tree> {
        let mut paths = match from_git(root) {
            Some(paths) => paths,
            None => from_disk(root)?,
        };
        paths.sort();
        paths.dedup();
        let text = |path: &String| fs::read(root.join(path)).ok().map(String::from_utf8);
        let files = paths.into_iter().filter_map(|path| match text(&path)? {
            Ok(text) => Some(File { path, text }),
            Err(_) => None,
        });
        Ok(Tree { files: files.collect() })
    }

    /// The text of one file, if it is there.
    pub(crate) fn text(&self, path: &str) -> Option<&str> {
        self.files.iter().find(|it| it.path == path).map(|it| it.text.as_str())
    }

    /// A made-up tree.
    #[cfg(test)]
    pub(crate) fn of(files: &[(&str, &str)]) -> Tree {
        let file = |&(path, text): &(&str, &str)| File { path: path.into(), text: text.into() };
        Tree { files: files.iter().map(file).collect() }
    }
}

/// Tracked files and those git would offer to add; `None` where git or its folder is missing.
fn from_git(root: &Path) -> Option<Vec<String>> {
    let mut git = Command::new("git");
    git.args(["ls-files", "--cached", "--others", "--exclude-standard", "-z"]);
    let output = git.current_dir(root).stdin(Stdio::null()).output().ok()?;
    let list = String::from_utf8(output.stdout).ok()?;
    let paths: Vec<_> = list.split_terminator('\0').map(str::to_owned).collect();
    (output.status.success() && !paths.is_empty()).then_some(paths)
}

fn from_disk(root: &Path) -> io::Result<Vec<String>> {
    let mut found = Vec::new();
    let mut folders = vec![PathBuf::new()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(root.join(&folder))? {
            let entry = entry?;
            let path = folder.join(entry.file_name());
            let kind = entry.file_type()?;
            let outside = path == Path::new("target") || path == Path::new(".git");
            if kind.is_dir() && !outside {
                folders.push(path);
            } else if kind.is_file() {
                found.extend(path.to_str().map(str::to_owned));
            }
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_without_git_is_walked() {
        let here = Path::new(env!("CARGO_MANIFEST_DIR"));
        let paths = from_disk(here).unwrap();
        assert!(paths.contains(&"src/tidy/tree.rs".to_owned()), "{paths:?}");
        assert!(paths.contains(&"Cargo.toml".to_owned()), "{paths:?}");
    }

    #[test]
    fn a_file_is_found_by_its_path() {
        let tree = Tree::of(&[("a", "1"), ("b", "2")]);
        assert_eq!(tree.text("b"), Some("2"));
        assert_eq!(tree.text("c"), None);
    }
}
