// SPDX-License-Identifier: Apache-2.0
//! Objects that others are told as changes to, kept while they are near.

use super::object::ObjectKind;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

/// Bytes that one worker keeps.
const KEPT: usize = 48 << 20;

/// Pack and offset.
type Key = (u32, u64);

/// The objects that were used last.
#[derive(Default)]
pub(super) struct Cache {
    objects: HashMap<Key, (ObjectKind, Arc<Vec<u8>>, u64)>,
    /// When each was used last.
    used: BTreeMap<u64, Key>,
    clock: u64,
    bytes: usize,
}

impl Cache {
    pub(super) fn get(&mut self, key: Key) -> Option<(ObjectKind, Arc<Vec<u8>>)> {
        let (kind, data, used) = self.objects.get_mut(&key)?;
        self.used.remove(used);
        self.clock += 1;
        *used = self.clock;
        self.used.insert(self.clock, key);
        Some((*kind, Arc::clone(data)))
    }

    pub(super) fn put(&mut self, key: Key, kind: ObjectKind, data: &Arc<Vec<u8>>) {
        if data.len() > KEPT {
            return;
        }
        self.clock += 1;
        let entry = (kind, Arc::clone(data), self.clock);
        if let Some((_, old, used)) = self.objects.insert(key, entry) {
            self.bytes -= old.len();
            self.used.remove(&used);
        }
        self.used.insert(self.clock, key);
        self.bytes += data.len();
        while self.bytes > KEPT {
            let Some((_, oldest)) = self.used.pop_first() else {
                break;
            };
            if let Some((_, data, _)) = self.objects.remove(&oldest) {
                self.bytes -= data.len();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_used_last_stays() {
        let mut cache = Cache::default();
        let data = Arc::new(vec![0; KEPT / 2]);
        for offset in 0..2 {
            cache.put((0, offset), ObjectKind::Blob, &data);
        }
        assert!(cache.get((0, 0)).is_some());
        cache.put((0, 2), ObjectKind::Blob, &data);
        assert!(cache.get((0, 1)).is_none());
        assert!(cache.get((0, 0)).is_some());
        cache.put((0, 3), ObjectKind::Blob, &Arc::new(vec![0; KEPT + 1]));
        assert!(cache.get((0, 3)).is_none());
        assert_eq!(cache.bytes, KEPT / 2 * 2);
    }
}
