import { describe, expect, it } from 'vitest';
import { faultOf } from '@/pages/exchange/uploads';

describe('a report that the province did not take', () => {
  it('is told apart by what a person does about it', () => {
    expect(faultOf({ last_fault: 'refused-422', last_status: 422 })).toBe('content');
    expect(faultOf({ last_fault: 'tried-too-often', last_status: 401 })).toBe('credential');
    expect(faultOf({ last_fault: 'refused-302', last_status: 302 })).toBe('address');
    expect(faultOf({ last_fault: 'refused-418', last_status: 418 })).toBe('refused');
    expect(faultOf({ last_fault: 'tried-too-often', last_status: 503 })).toBe('unavailable');
    expect(faultOf({ last_fault: 'tried-too-often', last_status: null })).toBe('away');
    expect(faultOf({ last_fault: 'no-patient', last_status: null })).toBe('nobody');
    expect(faultOf({ last_fault: '', last_status: null })).toBe('none');
  });
});
