/**
 * What happens when an entry finds the queue full:
 * `throw` refuses it with `ERR_CEPH_FULL` and takes nothing; `drop-newest` completes it with -EAGAIN and `queue` returns false;
 * `drop-oldest` completes the longest waiting one with -EAGAIN and takes the new one.
 */
export type OverflowPolicy = 'throw' | 'drop-newest' | 'drop-oldest';
