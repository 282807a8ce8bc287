import { ERRNO } from '@cephts/common';
import type { MDSDaemon } from '../daemon/mds-daemon.js';
import type { AdminSocket } from '../services/admin-socket.js';
import { TraceRecorder } from './trace-recorder.js';

/** Our own commands that record what the threads do: `trace start`, `trace stop`. */
export function registerTraceCommands(socket: AdminSocket, daemon: MDSDaemon): void {
  let recorder: TraceRecorder | undefined;
  socket.registerCommand('trace start', 'begin to record what the threads do', (_cmd, done) => {
    if (recorder) {
      done(-ERRNO.EBUSY, 'a trace is being recorded already');
      return;
    }
    recorder = new TraceRecorder(daemon.cct, daemon.rank?.opTracker);
    done(0, '', {});
  });
  socket.registerCommand(
    'trace stop',
    'end the recording and give it; cephts-mds trace makes a Chrome trace of it',
    (_cmd, done) => {
      const running = recorder;
      if (!running) {
        done(-ERRNO.EINVAL, "no trace is being recorded; begin with 'trace start'");
        return;
      }
      recorder = undefined;
      running.stop().then(
        (recording) => done(0, '', { name: daemon.cct.name, ...recording }),
        (error: unknown) => done(-ERRNO.EIO, String(error)),
      );
    },
  );
}
