import { expect, test } from '@jest/globals';
import { formatCount, formatInterval, formatLogE, formatNumber, formatRate } from '../../guards/wording';

test.each([
  [formatCount(7), '7'],
  [formatCount(2020), '2,020'],
  [formatCount(1_234_567), '1,234,567'],
  [formatNumber(0.69421), '0.694'],
  [formatNumber(1.5), '1.5'],
  [formatNumber(12_345), '12,300'],
  [formatNumber(0), '0'],
  [formatNumber(2.5e-7), '2.5e-7'],
  [formatRate(0.005), '0.5 %'],
  [formatLogE(Math.log(34.2)), '34.2'],
  [formatLogE(Math.log(20)), '20'],
  [formatLogE(0), '1'],
  [formatLogE(Math.log(0.0312)), '0.031'],
  [formatLogE(131), '10^57'],
  [formatLogE(-131), '10^-57'],
  [formatInterval([0.44, 1.08]), '0.44–1.08'],
  [formatInterval([0.44, null]), 'at least 0.44'],
  [formatInterval([null, 1.08]), 'at most 1.08'],
  [formatInterval([null, null]), null],
])('a person reads %s where %s is expected', (written, expected) => {
  expect(written).toBe(expected);
});
