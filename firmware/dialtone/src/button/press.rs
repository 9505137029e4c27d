//! One press of a button: how long it must go on yet, and whether it was counted.

/// What happened to a line.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Edge {
    /// The button went down.
    Down,
    /// It was let go.
    Up,
}

/// What is known of the press under way; `T` is the wait until it is a long one.
#[derive(PartialEq, Eq, Debug, Default)]
pub(super) enum Press<T> {
    /// The button is up, or was down before anybody looked.
    #[default]
    None,
    /// It is down, and not for long enough.
    Short(T),
    /// It was held long enough and is not let go yet.
    Counted,
}

impl<T> Press<T> {
    /// Takes an edge that was heard now; `wait` begins the wait of a press that begins.
    pub(super) fn edge(&mut self, edge: Edge, wait: impl FnOnce() -> T) {
        *self = match edge {
            Edge::Up => Press::None,
            // Where it was down already, the edge between was lost: it was let go, however shortly.
            Edge::Down => Press::Short(wait()),
        }
    }

    /// The wait that goes on, if a press does and was not counted.
    pub(super) fn wait(&mut self) -> Option<&mut T> {
        match self {
            Press::Short(wait) => Some(wait),
            Press::None | Press::Counted => None,
        }
    }

    /// It was held long enough; the same press does not count again.
    pub(super) fn counted(&mut self) {
        *self = Press::Counted;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_press_begins_when_the_button_goes_down_and_ends_when_it_is_let_go() {
        let mut press = Press::<u32>::default();
        assert_eq!(press.wait(), None);
        press.edge(Edge::Down, || 10);
        assert_eq!(press.wait(), Some(&mut 10));
        press.edge(Edge::Up, || 20);
        assert_eq!(press.wait(), None);
        press.edge(Edge::Down, || 30);
        assert_eq!(press.wait(), Some(&mut 30));
    }

    #[test]
    fn a_press_counts_once_however_long_it_goes_on() {
        let mut press = Press::<u32>::default();
        press.edge(Edge::Down, || 10);
        press.counted();
        assert_eq!(press.wait(), None);
        press.edge(Edge::Up, || 90);
        press.edge(Edge::Down, || 95);
        assert_eq!(press.wait(), Some(&mut 95));
    }

    #[test]
    fn many_short_presses_are_no_long_one_even_if_an_edge_is_lost() {
        let mut press = Press::<u32>::default();
        for at in 0..100 {
            press.edge(Edge::Down, || at);
            if at % 3 > 0 {
                press.edge(Edge::Up, || at);
            }
        }
        assert_eq!(press.wait(), Some(&mut 99));
    }

    #[test]
    fn a_button_that_was_down_before_anybody_looked_is_not_pressed() {
        let mut press = Press::<u32>::default();
        press.edge(Edge::Up, || 10);
        assert_eq!(press.wait(), None);
    }
}
