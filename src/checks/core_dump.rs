// SPDX-License-Identifier: Apache-2.0
//! Memory images, told by content: an ELF file of type `ET_CORE`, or a Windows minidump.
//! The name `core` alone says nothing.

use super::EntryCheck;
use crate::classify::Classified;
use crate::model::Draft;
use crate::rules::Rule;

/// Emits one finding per dump.
pub(super) struct CoreDump;

impl EntryCheck for CoreDump {
    fn name(&self) -> &'static str {
        "core-dump"
    }

    fn wants(&self, entry: &Classified<'_>) -> bool {
        is_dump(entry.bytes)
    }

    fn check(&self, rule: &Rule, entry: &Classified<'_>, out: &mut Vec<Draft>) {
        let description = "The file is the memory image of a process.";
        out.push(Draft::new(rule.meta.id.clone(), entry.path, description));
    }
}

fn is_dump(bytes: &[u8]) -> bool {
    // ELF: byte 5 is the byte order, bytes 16 and 17 are the type.
    let elf_core = bytes.starts_with(b"\x7fELF")
        && matches!(
            (bytes.get(5), bytes.get(16), bytes.get(17)),
            (Some(1), Some(4), Some(0)) | (Some(2), Some(0), Some(4))
        );
    elf_core || bytes.starts_with(b"MDMP\x93\xa7")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn told_by_content() {
        let mut elf = b"\x7fELF\x02\x01\x01".to_vec();
        elf.resize(16, 0);
        elf.extend([4, 0]);
        assert!(is_dump(&elf));
        elf[16] = 3;
        assert!(!is_dump(&elf));
        assert!(is_dump(b"MDMP\x93\xa7rest"));
        assert!(!is_dump(b"\x7fELF"));
    }
}
