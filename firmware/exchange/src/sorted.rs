//! Maps and sets that are sorted vectors.
//!
//! A tree of the standard library is two or three kilobytes of code for each kind of key and value,
//! and the box has fifty kinds: a tenth of all it may weigh. Here finding is as fast. Adding and
//! removing moves what lies behind, which the limits of [`limits`](crate::limits) keep to
//! kilobytes; values that are large stand in a `Box`. What comes in order is added at the end.

use alloc::vec::{self, Vec};
use core::borrow::Borrow;
use core::ops::{Bound, Range, RangeBounds};
use core::slice;

/// A map; goes through its entries in the order of their keys.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SortedMap<K, V>(Vec<(K, V)>);

impl<K, V> Default for SortedMap<K, V> {
    fn default() -> Self {
        SortedMap::new()
    }
}

impl<K, V> SortedMap<K, V> {
    /// An empty one.
    pub const fn new() -> Self {
        SortedMap(Vec::new())
    }

    /// How many entries there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Removes all.
    pub fn clear(&mut self) {
        self.0.clear();
    }

    /// All entries.
    pub fn iter(&self) -> Entries<'_, K, V> {
        Entries(self.0.iter())
    }

    /// All entries, whose values may be changed.
    pub fn iter_mut(&mut self) -> impl DoubleEndedIterator<Item = (&K, &mut V)> {
        self.0.iter_mut().map(|(key, value)| (&*key, value))
    }

    /// All keys.
    pub fn keys(&self) -> impl DoubleEndedIterator<Item = &K> + ExactSizeIterator + Clone {
        self.0.iter().map(|(key, _)| key)
    }

    /// All values.
    pub fn values(&self) -> impl DoubleEndedIterator<Item = &V> + ExactSizeIterator + Clone {
        self.0.iter().map(|(_, value)| value)
    }

    /// All values, which may be changed.
    pub fn values_mut(&mut self) -> impl DoubleEndedIterator<Item = &mut V> {
        self.0.iter_mut().map(|(_, value)| value)
    }

    /// All values, without the map.
    pub fn into_values(self) -> impl DoubleEndedIterator<Item = V> {
        self.0.into_iter().map(|(_, value)| value)
    }

    /// The entry with the least key.
    pub fn first(&self) -> Option<(&K, &V)> {
        self.0.first().map(|(key, value)| (key, value))
    }

    /// Takes the entry with the least key out.
    pub fn pop_first(&mut self) -> Option<(K, V)> {
        (!self.0.is_empty()).then(|| self.0.remove(0))
    }

    /// Removes what is not wanted.
    pub fn retain(&mut self, mut wanted: impl FnMut(&K, &mut V) -> bool) {
        self.0.retain_mut(|(key, value)| wanted(key, value));
    }
}

impl<K: Ord, V> SortedMap<K, V> {
    fn find<Q: Ord + ?Sized>(&self, key: &Q) -> Result<usize, usize>
    where
        K: Borrow<Q>,
    {
        self.0.binary_search_by(|(known, _)| known.borrow().cmp(key))
    }

    /// Whether there is such a key.
    pub fn contains_key<Q: Ord + ?Sized>(&self, key: &Q) -> bool
    where
        K: Borrow<Q>,
    {
        self.find(key).is_ok()
    }

    /// The value of this key.
    pub fn get<Q: Ord + ?Sized>(&self, key: &Q) -> Option<&V>
    where
        K: Borrow<Q>,
    {
        let place = self.find(key).ok()?;
        self.0.get(place).map(|(_, value)| value)
    }

    /// The value of this key, which may be changed.
    pub fn get_mut<Q: Ord + ?Sized>(&mut self, key: &Q) -> Option<&mut V>
    where
        K: Borrow<Q>,
    {
        let place = self.find(key).ok()?;
        self.0.get_mut(place).map(|(_, value)| value)
    }

    /// Adds an entry or replaces its value; gives the one before.
    pub fn insert(&mut self, key: K, value: V) -> Option<V> {
        match self.find(&key) {
            Ok(place) => Some(core::mem::replace(&mut self.0[place].1, value)),
            Err(place) => {
                self.0.insert(place, (key, value));
                None
            }
        }
    }

    /// The value of this key, made if there was none.
    pub fn get_or_insert_with(&mut self, key: K, make: impl FnOnce() -> V) -> &mut V {
        let place = match self.find(&key) {
            Ok(place) => place,
            Err(place) => {
                self.0.insert(place, (key, make()));
                place
            }
        };
        &mut self.0[place].1
    }

    /// Takes out the value of this key.
    pub fn remove<Q: Ord + ?Sized>(&mut self, key: &Q) -> Option<V>
    where
        K: Borrow<Q>,
    {
        let place = self.find(key).ok()?;
        Some(self.0.remove(place).1)
    }

    /// The entries whose keys are in this range.
    pub fn range(&self, keys: impl RangeBounds<K>) -> Entries<'_, K, V> {
        let places = places(&keys, |key| self.find(key), self.0.len());
        Entries(self.0.get(places).unwrap_or_default().iter())
    }
}

/// Where what is in a range of keys stands.
fn places<K>(
    keys: &impl RangeBounds<K>,
    find: impl Fn(&K) -> Result<usize, usize>,
    len: usize,
) -> Range<usize> {
    let at = |key: &K| find(key).unwrap_or_else(|place| place);
    let behind = |key: &K| find(key).map_or_else(|place| place, |place| place + 1);
    let start = match keys.start_bound() {
        Bound::Included(key) => at(key),
        Bound::Excluded(key) => behind(key),
        Bound::Unbounded => 0,
    };
    let end = match keys.end_bound() {
        Bound::Included(key) => behind(key),
        Bound::Excluded(key) => at(key),
        Bound::Unbounded => len,
    };
    start..end
}

impl<K: Ord, V> Extend<(K, V)> for SortedMap<K, V> {
    fn extend<T: IntoIterator<Item = (K, V)>>(&mut self, entries: T) {
        for (key, value) in entries {
            self.insert(key, value);
        }
    }
}

impl<K: Ord, V> FromIterator<(K, V)> for SortedMap<K, V> {
    fn from_iter<T: IntoIterator<Item = (K, V)>>(entries: T) -> Self {
        let mut table = SortedMap::new();
        table.extend(entries);
        table
    }
}

impl<K, V> IntoIterator for SortedMap<K, V> {
    type Item = (K, V);
    type IntoIter = vec::IntoIter<(K, V)>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl<'a, K, V> IntoIterator for &'a SortedMap<K, V> {
    type Item = (&'a K, &'a V);
    type IntoIter = Entries<'a, K, V>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

/// Goes through the entries of a [`SortedMap`].
pub struct Entries<'a, K, V>(slice::Iter<'a, (K, V)>);

impl<K, V> Clone for Entries<'_, K, V> {
    fn clone(&self) -> Self {
        Entries(self.0.clone())
    }
}

impl<'a, K, V> Iterator for Entries<'a, K, V> {
    type Item = (&'a K, &'a V);

    fn next(&mut self) -> Option<Self::Item> {
        self.0.next().map(|(key, value)| (key, value))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.0.size_hint()
    }
}

impl<K, V> DoubleEndedIterator for Entries<'_, K, V> {
    fn next_back(&mut self) -> Option<Self::Item> {
        self.0.next_back().map(|(key, value)| (key, value))
    }
}

impl<K, V> ExactSizeIterator for Entries<'_, K, V> {}

/// A set; goes through what is in it in order.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SortedSet<K>(Vec<K>);

impl<K> Default for SortedSet<K> {
    fn default() -> Self {
        SortedSet::new()
    }
}

impl<K> SortedSet<K> {
    /// An empty one.
    pub const fn new() -> Self {
        SortedSet(Vec::new())
    }

    /// How many are in it.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether nothing is.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// All that is in it.
    pub fn iter(&self) -> slice::Iter<'_, K> {
        self.0.iter()
    }

    /// The least.
    pub fn first(&self) -> Option<&K> {
        self.0.first()
    }
}

impl<K: Ord> SortedSet<K> {
    fn find<Q: Ord + ?Sized>(&self, key: &Q) -> Result<usize, usize>
    where
        K: Borrow<Q>,
    {
        self.0.binary_search_by(|known| known.borrow().cmp(key))
    }

    /// Whether this is in it.
    pub fn contains<Q: Ord + ?Sized>(&self, key: &Q) -> bool
    where
        K: Borrow<Q>,
    {
        self.find(key).is_ok()
    }

    /// Adds one; false if it was there.
    pub fn insert(&mut self, key: K) -> bool {
        match self.find(&key) {
            Ok(_) => false,
            Err(place) => {
                self.0.insert(place, key);
                true
            }
        }
    }

    /// Removes one; false if it was not there.
    pub fn remove<Q: Ord + ?Sized>(&mut self, key: &Q) -> bool
    where
        K: Borrow<Q>,
    {
        let found = self.find(key);
        found.map(|place| drop(self.0.remove(place))).is_ok()
    }

    /// Those in this range.
    pub fn range(&self, keys: impl RangeBounds<K>) -> slice::Iter<'_, K> {
        let places = places(&keys, |key| self.find(key), self.0.len());
        self.0.get(places).unwrap_or_default().iter()
    }
}

impl<K: Ord> Extend<K> for SortedSet<K> {
    fn extend<T: IntoIterator<Item = K>>(&mut self, keys: T) {
        for key in keys {
            self.insert(key);
        }
    }
}

impl<K: Ord> FromIterator<K> for SortedSet<K> {
    fn from_iter<T: IntoIterator<Item = K>>(keys: T) -> Self {
        let mut set = SortedSet::new();
        set.extend(keys);
        set
    }
}

impl<K> IntoIterator for SortedSet<K> {
    type Item = K;
    type IntoIter = vec::IntoIter<K>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl<'a, K> IntoIterator for &'a SortedSet<K> {
    type Item = &'a K;
    type IntoIter = slice::Iter<'a, K>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chance::{Chance, Seed};
    use alloc::collections::{BTreeMap, BTreeSet};

    fn drawn(chance: &mut Chance) -> u8 {
        chance.bytes::<1>()[0] % 64
    }

    #[test]
    fn they_are_as_the_trees_of_the_standard_library_whatever_is_done() {
        let mut chance = Chance::new(Seed([7; 32]));
        let (mut table, mut map) = (SortedMap::new(), BTreeMap::new());
        let (mut set, mut tree) = (SortedSet::new(), BTreeSet::new());
        for step in 0..20_000_u32 {
            let (key, other) = (drawn(&mut chance), drawn(&mut chance));
            match drawn(&mut chance) % 8 {
                0..=2 => {
                    assert_eq!(table.insert(key, step), map.insert(key, step));
                    assert_eq!(set.insert(key), tree.insert(key));
                }
                3 => {
                    assert_eq!(table.remove(&key), map.remove(&key));
                    assert_eq!(set.remove(&key), tree.remove(&key));
                }
                4 => {
                    *table.get_or_insert_with(key, || 1) += 1;
                    *map.entry(key).or_insert(1) += 1;
                }
                5 if step % 50 == 0 => assert_eq!(table.pop_first(), map.pop_first()),
                6 if step % 90 == 0 => {
                    table.retain(|key, value| key % 3 > 0 && *value > 9);
                    map.retain(|key, value| key % 3 > 0 && *value > 9);
                }
                _look => {
                    let (from, to) = (key.min(other), key.max(other));
                    assert!(table.range(from..to).eq(map.range(from..to)));
                    assert!(table.range(..=to).rev().eq(map.range(..=to).rev()));
                    assert!(set.range(from..).eq(tree.range(from..)));
                    assert_eq!(table.get(&key), map.get(&key));
                    assert_eq!(set.contains(&key), tree.contains(&key));
                }
            }
            assert!(table.iter().eq(map.iter()) && set.iter().eq(tree.iter()));
            assert!(table.keys().eq(map.keys()) && table.values().eq(map.values()));
            assert_eq!((table.len(), table.first()), (map.len(), map.first_key_value()));
        }
    }
}
