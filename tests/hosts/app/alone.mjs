export { softmax } from 'softmax-simd';
