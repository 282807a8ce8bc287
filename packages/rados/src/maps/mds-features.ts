import { CompatSet, FeatureSet } from '@cephts/encoding';

// What a rank's stored data needs from the daemon that takes it. @see src/mds/MDSMap.{h,cc} (16.2.15)

/** What every version since 0.20 stores. */
export const MDS_FEATURE_INCOMPAT_BASE = [1, 'base v0.20'] as const;
/** Inodes tell which client may write how far. */
export const MDS_FEATURE_INCOMPAT_CLIENTRANGES = [2, 'client writeable ranges'] as const;
/** Directories have a default layout for files. */
export const MDS_FEATURE_INCOMPAT_FILELAYOUT = [3, 'default file layouts on dirs'] as const;
/** A system directory has its inode in an object of its own. */
export const MDS_FEATURE_INCOMPAT_DIRINODE = [4, 'dir inode in separate object'] as const;
/** Structures carry version and length. */
export const MDS_FEATURE_INCOMPAT_ENCODING = [5, 'mds uses versioned encoding'] as const;
/** Dentries are omap entries. */
export const MDS_FEATURE_INCOMPAT_OMAPDIRFRAG = [6, 'dirfrag is stored in omap'] as const;
/** Small files may have their data in the inode. */
export const MDS_FEATURE_INCOMPAT_INLINE = [7, 'mds uses inline data'] as const;
/** Hard links are found by backtraces; there is no anchor table. */
export const MDS_FEATURE_INCOMPAT_NOANCHOR = [8, 'no anchor table'] as const;
/** Layouts name pools by 64 bits, and namespaces. */
export const MDS_FEATURE_INCOMPAT_FILE_LAYOUT_V2 = [9, 'file layout v2'] as const;
/** Snaprealms remember where hard links lie (global snaprealm). */
export const MDS_FEATURE_INCOMPAT_SNAPREALM_V2 = [10, 'snaprealm v2'] as const;

const withoutInline = [
  MDS_FEATURE_INCOMPAT_BASE,
  MDS_FEATURE_INCOMPAT_CLIENTRANGES,
  MDS_FEATURE_INCOMPAT_FILELAYOUT,
  MDS_FEATURE_INCOMPAT_DIRINODE,
  MDS_FEATURE_INCOMPAT_ENCODING,
  MDS_FEATURE_INCOMPAT_OMAPDIRFRAG,
  MDS_FEATURE_INCOMPAT_NOANCHOR,
  MDS_FEATURE_INCOMPAT_FILE_LAYOUT_V2,
  MDS_FEATURE_INCOMPAT_SNAPREALM_V2,
];

/** All this daemon copes with. */
export function mdsCompatSetAll(): CompatSet {
  return new CompatSet(new FeatureSet(), new FeatureSet(), new FeatureSet([...withoutInline, MDS_FEATURE_INCOMPAT_INLINE]));
}

/** What a new file system needs. */
export function mdsCompatSetDefault(): CompatSet {
  return new CompatSet(new FeatureSet(), new FeatureSet(), new FeatureSet(withoutInline));
}

/** What the oldest file systems need. */
export function mdsCompatSetBase(): CompatSet {
  return new CompatSet(new FeatureSet(), new FeatureSet(), new FeatureSet([MDS_FEATURE_INCOMPAT_BASE]));
}
