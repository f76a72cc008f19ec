import type { Info } from '@temporalio/activity';
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';

const silent = new DefaultLogger('ERROR', () => undefined);

/** An activity's context, as Temporal would give it to the attempt that `info` describes. */
export const mockActivity = (info: Partial<Info> = {}): MockActivityEnvironment =>
  new MockActivityEnvironment(info, { logger: silent });
