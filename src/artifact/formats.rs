// SPDX-License-Identifier: Apache-2.0
//! Which reader opens which format.

use super::input::Input;
use super::walker::{Formats, Site, Walker};
use super::{Format, compress, git, tar, zip};

/// All of them.
pub(super) const FORMATS: &Formats = &Formats {
    ends_as_zip: zip::has_end,
    walk,
};

fn walk(walker: &mut Walker<'_>, site: &Site, name: &str, format: Format, input: Input<'_>) {
    match format {
        Format::Zip => {
            walker.enter(site, format);
            zip::walk(walker, site, input);
        }
        Format::Tar => {
            walker.enter(site, format);
            tar::walk(walker, site, input);
        }
        Format::GitPack => {
            walker.enter(site, format);
            git::pack(walker, site, input);
        }
        Format::GitObject => {
            walker.enter(site, format);
            git::object(walker, site, input);
        }
        compressed => compress::walk(walker, site, name, compressed, input),
    }
}
