// What is promised: the lines of the table, in its order. A line without `must` is for information.

/** @typedef {{ id: string, what: string, unit: string, must?: number, goal?: number }} Line */

const ulp = 'ulp';

/** @type {readonly Line[]} */
export const lines = [
  { id: 'exp-f32', what: 'exp inside softmax, float32, every input', unit: ulp, must: 1.5, goal: 1 },
  { id: 'exp-f32-far', what: 'the same where the maximum is subtracted', unit: ulp, must: 1.5, goal: 1 },
  { id: 'exp-f32-scaled', what: 'the same with a temperature', unit: ulp, must: 1.5, goal: 1 },
  { id: 'exp-f64', what: 'exp inside softmax, float64', unit: ulp },
  { id: 'log1p-f64', what: 'log(1 + t) inside log-softmax, float64', unit: ulp },
  { id: 'softmax-f32', what: 'softmax, float32', unit: ulp, must: 3, goal: 2 },
  { id: 'softmax-f32-scaled', what: 'softmax, float32, with a temperature', unit: ulp, must: 3, goal: 2 },
  { id: 'log_softmax-f32', what: 'log-softmax, float32', unit: ulp, must: 2, goal: 1.5 },
  { id: 'log_softmax-f32-winner', what: 'the winner of log-softmax, float32', unit: ulp, must: 2, goal: 1.5 },
  {
    id: 'log_softmax-f32-pair',
    what: 'log-softmax of [0, x], float32, x from −104 to 0',
    unit: ulp,
    must: 2,
    goal: 1.5,
  },
  { id: 'log_softmax-f32-scaled', what: 'log-softmax, float32, with a temperature', unit: ulp, must: 2, goal: 1.5 },
  { id: 'log_sum_exp-f32', what: 'log-sum-exp, float32', unit: ulp, must: 1, goal: 1 },
  { id: 'log_sum_exp-f32-pair', what: 'log-sum-exp of [0, x], float32, x from −104 to 0', unit: ulp, must: 1, goal: 1 },
  { id: 'log_sum_exp-f32-scaled', what: 'log-sum-exp, float32, with a temperature', unit: ulp, must: 1, goal: 1 },
  { id: 'softmax-f64', what: 'softmax, float64', unit: ulp, must: 4, goal: 2 },
  { id: 'softmax-f64-scaled', what: 'softmax, float64, with a temperature', unit: ulp, must: 4, goal: 2 },
  { id: 'log_softmax-f64', what: 'log-softmax, float64', unit: ulp, must: 4, goal: 2 },
  { id: 'log_softmax-f64-winner', what: 'the winner of log-softmax, float64', unit: ulp, must: 4, goal: 2 },
  { id: 'log_softmax-f64-scaled', what: 'log-softmax, float64, with a temperature', unit: ulp, must: 4, goal: 2 },
  { id: 'log_sum_exp-f64', what: 'log-sum-exp, float64', unit: ulp, must: 1, goal: 1 },
  { id: 'log_sum_exp-f64-scaled', what: 'log-sum-exp, float64, with a temperature', unit: ulp, must: 1, goal: 1 },
  { id: 'sum', what: 'sum of 2²⁰ float32', unit: '2⁻²⁴', must: 1, goal: 0.5 },
  { id: 'sum-total', what: 'Σ eˣ of 2²⁰ float32, the error of exp included', unit: '2⁻²⁴' },
  { id: 'softmax_backward-f32', what: 'softmax backward, float32, in ulp of its terms', unit: ulp },
  { id: 'softmax_backward-f64', what: 'softmax backward, float64, in ulp of its terms', unit: ulp },
  { id: 'log_softmax_backward-f32', what: 'log-softmax backward, float32, in ulp of its terms', unit: ulp },
  { id: 'log_softmax_backward-f64', what: 'log-softmax backward, float64, in ulp of its terms', unit: ulp },
  { id: 'layout', what: 'rows whose bits depend on batch, stride or place', unit: 'rows', must: 0, goal: 0 },
];
