//! The mounts of a system, from `/proc/self/mountinfo` (proc_pid_mountinfo(5)).
use crate::World;

/// Mounts looked at, at most.
const MOST: usize = 4_096;

/// One mount.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Mount {
    /// `major:minor` of its device.
    pub(crate) device: String,
    /// Where it is.
    pub(crate) point: String,
    /// Its own options, such as `ro`.
    pub(crate) options: String,
    /// Kind of file system.
    pub(crate) kind: String,
    /// What is mounted: a device, a share.
    pub(crate) source: String,
}

impl Mount {
    /// Whether it lies on another machine.
    pub(crate) fn is_remote(&self) -> bool {
        const KINDS: &[&str] = &[
            "9p",
            "afs",
            "beegfs",
            "ceph",
            "cifs",
            "davfs",
            "glusterfs",
            "lustre",
            "ncpfs",
            "nfs",
            "nfs4",
            "smb3",
            "smbfs",
            "virtiofs",
        ];
        const USER_SPACE: &[&str] =
            &["sshfs", "rclone", "davfs", "davfs2", "curlftpfs", "glusterfs", "ceph", "s3fs", "smbnetfs"];
        KINDS.contains(&self.kind.as_str())
            || self.kind.strip_prefix("fuse.").is_some_and(|name| USER_SPACE.contains(&name))
    }
}

/// The mounts of `world`, in their order; `None` when they cannot be read.
pub(crate) fn mounts(world: &World) -> Option<Vec<Mount>> {
    world.text("/proc/self/mountinfo").map(|text| text.lines().filter_map(mount).take(MOST).collect())
}

/// The mount that holds `path`: the last of the longest mount points above it.
pub(crate) fn holding<'a>(mounts: &'a [Mount], path: &std::path::Path) -> Option<&'a Mount> {
    mounts.iter().filter(|mount| path.starts_with(&mount.point)).max_by_key(|mount| mount.point.len())
}

/// One line: six fields, optional fields up to a lone hyphen, three more.
fn mount(line: &str) -> Option<Mount> {
    let mut fields = line.split(' ');
    let device = fields.nth(2)?.to_owned();
    let point = unescape(fields.nth(1)?);
    let options = fields.next()?.to_owned();
    // The options come first: a mount point that is a hyphen is not the lone hyphen.
    fields.find(|field| *field == "-")?;
    let kind = fields.next().filter(|kind| !kind.is_empty())?.to_owned();
    let source = unescape(fields.next()?);
    Some(Mount { device, point, options, kind, source })
}

/// Spaces, tabs, newlines and backslashes are written as three octal digits.
fn unescape(text: &str) -> String {
    let mut octets = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let code = after.get(..3).filter(|_| *first == b'\\').and_then(|digits| std::str::from_utf8(digits).ok());
        match code.and_then(|digits| u8::from_str_radix(digits, 8).ok()) {
            Some(octet) => {
                octets.push(octet);
                rest = after.get(3..).unwrap_or_default();
            }
            None => {
                octets.push(*first);
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&octets).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn lines_of_the_manual() {
        let line = r"36 35 98:0 /mnt1 /media/cl\303\251\040USB rw,noatime master:1 shared:2 - vfat /dev/sdb1 rw,errors=continue";
        let found = mount(line).unwrap();
        assert_eq!((found.device.as_str(), found.point.as_str()), ("98:0", "/media/clé USB"));
        assert_eq!(
            (found.kind.as_str(), found.source.as_str(), found.options.as_str()),
            ("vfat", "/dev/sdb1", "rw,noatime")
        );
        assert!(mount("36 35 98:0 / / rw").is_none());
        let share = mount("40 35 0:50 / /srv rw - cifs //serveur/partage rw,username=x").unwrap();
        assert_eq!(mount("1 2 8:1 / - rw - ext4 /dev/sda1 rw").unwrap().point, "-");
        assert!(share.is_remote() && !found.is_remote());
        assert_eq!(holding(&[found.clone(), share], std::path::Path::new("/media/clé USB/a")), Some(&found));
    }

    proptest! {
        #[test]
        fn no_line_makes_it_panic(line in ".{0,200}") {
            let _ = mount(&line);
        }

        #[test]
        fn what_the_kernel_escapes_comes_back(point in "[ -~éà\t\n]{1,30}") {
            let escaped: String = point
                .bytes()
                .map(|b| if matches!(b, b' ' | b'\t' | b'\n' | b'\\') { format!("\\{b:03o}") } else { String::from(char::from(b)) })
                .collect::<String>();
            // The kernel writes octets: only ASCII goes through `char::from` unchanged.
            if point.is_ascii() {
                let line = format!("1 2 8:1 / {escaped} rw - ext4 /dev/sda1 rw");
                prop_assert_eq!(mount(&line).unwrap().point, point);
            }
        }
    }
}
