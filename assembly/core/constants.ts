// Every constant of the kernels, each at a fixed place in linear memory: `v128.load32_splat(EXP_F32_C2)`. V8 13 and later rebuild
// a splatted literal inside the loop, which halves the speed; a value loaded before the loop stays in a register everywhere.
// A line gives the bits, the hex float and the decimal; the bits are those that tools/coefficients.mjs prints (npm run coefficients).

// Range reduction in float32 (Cody & Waite 1980): 15 bits of ln 2 high, so that n · hi is exact for |n| ≤ 511.
export const F32_LOG2E: usize = memory.data<u32>([0x3FB8AA3B]); // 0x1.715476p+0 = 1.442695
export const F32_LN2_HI: usize = memory.data<u32>([0x3F317200]); // 0x1.62e4p-1 = 0.69314575
export const F32_LN2_LO: usize = memory.data<u32>([0x35BFBE8E]); // 0x1.7f7d1cp-20 = 0.0000014286068

// e^r = 1 + r + r² (C2 + C3 r + … + C6 r⁴), |r| ≤ ln 2 / 2: 0.026 ulp of 1.
export const EXP_F32_C2: usize = memory.data<u32>([0x3EFFFFFE]); // 0x1.fffffcp-2 = 0.49999994
export const EXP_F32_C3: usize = memory.data<u32>([0x3E2AAA49]); // 0x1.555492p-3 = 0.16666521
export const EXP_F32_C4: usize = memory.data<u32>([0x3D2AAC59]); // 0x1.5558b2p-5 = 0.04166827
export const EXP_F32_C5: usize = memory.data<u32>([0x3C091CCF]); // 0x1.12399ep-7 = 0.008368685
export const EXP_F32_C6: usize = memory.data<u32>([0x3AB525BD]); // 0x1.6a4b7ap-10 = 0.0013820451

// Powers for sampling: 2^f = 1 + f · (C1 + C2 f + … + C5 f⁴), |f| ≤ ½: 0.79 ulp of 1.
export const POWER_F32_C1: usize = memory.data<u32>([0x3F317215]); // 0x1.62e42ap-1 = 0.693147
export const POWER_F32_C2: usize = memory.data<u32>([0x3E75FCDE]); // 0x1.ebf9bcp-3 = 0.24022242
export const POWER_F32_C3: usize = memory.data<u32>([0x3D635B56]); // 0x1.c6b6acp-5 = 0.055507027
export const POWER_F32_C4: usize = memory.data<u32>([0x3C1E7555]); // 0x1.3ceaaap-7 = 0.009671529
export const POWER_F32_C5: usize = memory.data<u32>([0x3AADFA12]); // 0x1.5bf424p-10 = 0.0013273379
export const POWER_ONE: usize = memory.data<u32>([0x3F800000]); // 0x1p+0 = 1
export const POWER_MAGIC: usize = memory.data<u32>([0x4B400000]); // 0x1.8p+23 = 12582912: added, it rounds to an integer
export const POWER_LOWEST: usize = memory.data<u32>([0xC2FC0000]); // -0x1.f8p+6 = -126: the exponent of the smallest normal

// Range reduction in float64: 40 bits of ln 2 high, so that n · hi is exact for |n| < 8192.
export const F64_LOG2E: usize = memory.data<u64>([0x3FF71547652B82FE]); // 0x1.71547652b82fep+0 = 1.4426950408889634
export const F64_LN2_HI: usize = memory.data<u64>([0x3FE62E42FEFA4000]); // 0x1.62e42fefa4p-1 = 0.6931471805601177
export const F64_LN2_LO: usize = memory.data<u64>([0xBD48432A1B0E2634]); // -0x1.8432a1b0e2634p-43 = -1.7239444525614835e-13

// e^r = 1 + r + r² (C2 + C3 r + … + C11 r⁹), |r| ≤ ln 2 / 2: 0.017 ulp of 1.
export const EXP_F64_C2: usize = memory.data<u64>([0x3FE0000000000009]); // 0x1.0000000000009p-1 = 0.500000000000001
export const EXP_F64_C3: usize = memory.data<u64>([0x3FC55555555554F6]); // 0x1.55555555554f6p-3 = 0.16666666666666402
export const EXP_F64_C4: usize = memory.data<u64>([0x3FA5555555550AB3]); // 0x1.5555555550ab3p-5 = 0.04166666666653409
export const EXP_F64_C5: usize = memory.data<u64>([0x3F81111111128BCC]); // 0x1.1111111128bccp-7 = 0.008333333333501523
export const EXP_F64_C6: usize = memory.data<u64>([0x3F56C16C183CFAF5]); // 0x1.6c16c183cfaf5p-10 = 0.0013888888942827336
export const EXP_F64_C7: usize = memory.data<u64>([0x3F2A01A0124DF0C3]); // 0x1.a01a0124df0c3p-13 = 0.00019841269491028242
export const EXP_F64_C8: usize = memory.data<u64>([0x3EFA0199AC71F866]); // 0x1.a0199ac71f866p-16 = 0.000024801493762265438
export const EXP_F64_C9: usize = memory.data<u64>([0x3EC71DF317E9EFE0]); // 0x1.71df317e9efep-19 = 0.0000027557600213428405
export const EXP_F64_C10: usize = memory.data<u64>([0x3E928ACEC7933EA7]); // 0x1.28acec7933ea7p-22 = 2.7630057493082094e-7
export const EXP_F64_C11: usize = memory.data<u64>([0x3E5AD6C7C94134CE]); // 0x1.ad6c7c94134cep-26 = 2.4995753536689146e-8

// log(1 + f) = 2 s + s · (L1 z + … + L7 z⁷), s = f / (2 + f), z = s², √½ ≤ 1 + f ≤ √2: 0.006 ulp of 1.
export const LOG_F64_L1: usize = memory.data<u64>([0x3FE5555555555593]); // 0x1.5555555555593p-1 = 0.6666666666666735
export const LOG_F64_L2: usize = memory.data<u64>([0x3FD999999997F9DC]); // 0x1.999999997f9dcp-2 = 0.39999999999409197
export const LOG_F64_L3: usize = memory.data<u64>([0x3FD249249422D697]); // 0x1.249249422d697p-2 = 0.2857142874375795
export const LOG_F64_L4: usize = memory.data<u64>([0x3FCC71C51D3FE53B]); // 0x1.c71c51d3fe53bp-3 = 0.22222198417856895
export const LOG_F64_L5: usize = memory.data<u64>([0x3FC74664AB7F2959]); // 0x1.74664ab7f2959p-3 = 0.18183573125709065
export const LOG_F64_L6: usize = memory.data<u64>([0x3FC39A074B46D3F3]); // 0x1.39a074b46d3f3p-3 = 0.15313807654970865
export const LOG_F64_L7: usize = memory.data<u64>([0x3FC2F13061BD35CB]); // 0x1.2f13061bd35cbp-3 = 0.14798550388733953
