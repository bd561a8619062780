//! Numbered places that are used again, with numbers that are not.

/// A number given out by a [`Slab`]: generation in the upper half, place in the lower.
pub(crate) type Key = u64;

/// Values by number in one vector. A number whose value was removed never finds another value.
#[derive(Debug)]
pub(crate) struct Slab<T> {
    places: Vec<(u32, Option<T>)>,
    free: Vec<u32>,
}

impl<T> Default for Slab<T> {
    fn default() -> Slab<T> {
        Slab { places: Vec::new(), free: Vec::new() }
    }
}

fn place(key: Key) -> (usize, u32) {
    let index = u32::try_from(key & 0xffff_ffff).expect("lower half");
    let generation = u32::try_from(key >> 32).expect("upper half");
    (index as usize, generation)
}

impl<T> Slab<T> {
    pub(crate) fn insert(&mut self, value: T) -> Key {
        let index = self.free.pop().unwrap_or_else(|| {
            self.places.push((0, None));
            u32::try_from(self.places.len() - 1).expect("fewer than 2^32 values")
        });
        let (generation, slot) = &mut self.places[index as usize];
        *slot = Some(value);
        u64::from(*generation) << 32 | u64::from(index)
    }

    pub(crate) fn get(&self, key: Key) -> Option<&T> {
        let (index, generation) = place(key);
        self.places.get(index).filter(|p| p.0 == generation)?.1.as_ref()
    }

    pub(crate) fn get_mut(&mut self, key: Key) -> Option<&mut T> {
        let (index, generation) = place(key);
        self.places.get_mut(index).filter(|p| p.0 == generation)?.1.as_mut()
    }

    pub(crate) fn remove(&mut self, key: Key) -> Option<T> {
        let (index, generation) = place(key);
        let slot = self.places.get_mut(index).filter(|p| p.0 == generation)?;
        let value = slot.1.take()?;
        slot.0 = slot.0.wrapping_add(1);
        self.free.push(u32::try_from(index).expect("fewer than 2^32 values"));
        Some(value)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (Key, &T)> {
        self.places.iter().enumerate().filter_map(|(index, (generation, value))| {
            let index = u64::try_from(index).expect("fewer than 2^32 values");
            value.as_ref().map(|value| (u64::from(*generation) << 32 | index, value))
        })
    }

    pub(crate) fn len(&self) -> usize {
        self.places.len() - self.free.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_removed_number_finds_nothing_when_its_place_is_used_again() {
        let mut slab = Slab::default();
        let first = slab.insert("a");
        assert_eq!(slab.remove(first), Some("a"));
        let second = slab.insert("b");
        assert_ne!(first, second);
        assert_eq!((slab.get(first), slab.get(second), slab.len()), (None, Some(&"b"), 1));
        assert_eq!(slab.remove(first), None);
    }
}
