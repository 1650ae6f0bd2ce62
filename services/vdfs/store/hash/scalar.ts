// BLAKE3's compression word by word (BLAKE3-team/BLAKE3-specs, 2.2), for processors whose vectors are made of scalar instructions: wide.ts
// measures once which form is the shorter one here. All rounds stand in a row, so that state and offsets need no table.
import { INITIAL_0, INITIAL_1, INITIAL_2, INITIAL_3 } from "./words";

/** The eight words at `chain` become their compression with the block. */
// prettier-ignore
export function compress_words(chain: usize, block: usize, counter: u64, block_bytes: u32, flags: u32): void {
  let v0 = load<u32>(chain), v1 = load<u32>(chain, 4), v2 = load<u32>(chain, 8), v3 = load<u32>(chain, 12);
  let v4 = load<u32>(chain, 16), v5 = load<u32>(chain, 20), v6 = load<u32>(chain, 24), v7 = load<u32>(chain, 28);
  let v8: u32 = INITIAL_0, v9: u32 = INITIAL_1, va: u32 = INITIAL_2, vb: u32 = INITIAL_3;
  let vc = <u32>counter, vd = <u32>(counter >> 32), ve = block_bytes, vf = flags;
  // round 1
  v0 += v4 + load<u32>(block, 0); vc = rotr<u32>(vc ^ v0, 16); v8 += vc; v4 = rotr<u32>(v4 ^ v8, 12);
  v0 += v4 + load<u32>(block, 4); vc = rotr<u32>(vc ^ v0, 8); v8 += vc; v4 = rotr<u32>(v4 ^ v8, 7);
  v1 += v5 + load<u32>(block, 8); vd = rotr<u32>(vd ^ v1, 16); v9 += vd; v5 = rotr<u32>(v5 ^ v9, 12);
  v1 += v5 + load<u32>(block, 12); vd = rotr<u32>(vd ^ v1, 8); v9 += vd; v5 = rotr<u32>(v5 ^ v9, 7);
  v2 += v6 + load<u32>(block, 16); ve = rotr<u32>(ve ^ v2, 16); va += ve; v6 = rotr<u32>(v6 ^ va, 12);
  v2 += v6 + load<u32>(block, 20); ve = rotr<u32>(ve ^ v2, 8); va += ve; v6 = rotr<u32>(v6 ^ va, 7);
  v3 += v7 + load<u32>(block, 24); vf = rotr<u32>(vf ^ v3, 16); vb += vf; v7 = rotr<u32>(v7 ^ vb, 12);
  v3 += v7 + load<u32>(block, 28); vf = rotr<u32>(vf ^ v3, 8); vb += vf; v7 = rotr<u32>(v7 ^ vb, 7);
  v0 += v5 + load<u32>(block, 32); vf = rotr<u32>(vf ^ v0, 16); va += vf; v5 = rotr<u32>(v5 ^ va, 12);
  v0 += v5 + load<u32>(block, 36); vf = rotr<u32>(vf ^ v0, 8); va += vf; v5 = rotr<u32>(v5 ^ va, 7);
  v1 += v6 + load<u32>(block, 40); vc = rotr<u32>(vc ^ v1, 16); vb += vc; v6 = rotr<u32>(v6 ^ vb, 12);
  v1 += v6 + load<u32>(block, 44); vc = rotr<u32>(vc ^ v1, 8); vb += vc; v6 = rotr<u32>(v6 ^ vb, 7);
  v2 += v7 + load<u32>(block, 48); vd = rotr<u32>(vd ^ v2, 16); v8 += vd; v7 = rotr<u32>(v7 ^ v8, 12);
  v2 += v7 + load<u32>(block, 52); vd = rotr<u32>(vd ^ v2, 8); v8 += vd; v7 = rotr<u32>(v7 ^ v8, 7);
  v3 += v4 + load<u32>(block, 56); ve = rotr<u32>(ve ^ v3, 16); v9 += ve; v4 = rotr<u32>(v4 ^ v9, 12);
  v3 += v4 + load<u32>(block, 60); ve = rotr<u32>(ve ^ v3, 8); v9 += ve; v4 = rotr<u32>(v4 ^ v9, 7);
  // round 2
  v0 += v4 + load<u32>(block, 8); vc = rotr<u32>(vc ^ v0, 16); v8 += vc; v4 = rotr<u32>(v4 ^ v8, 12);
  v0 += v4 + load<u32>(block, 24); vc = rotr<u32>(vc ^ v0, 8); v8 += vc; v4 = rotr<u32>(v4 ^ v8, 7);
  v1 += v5 + load<u32>(block, 12); vd = rotr<u32>(vd ^ v1, 16); v9 += vd; v5 = rotr<u32>(v5 ^ v9, 12);
  v1 += v5 + load<u32>(block, 40); vd = rotr<u32>(vd ^ v1, 8); v9 += vd; v5 = rotr<u32>(v5 ^ v9, 7);
  v2 += v6 + load<u32>(block, 28); ve = rotr<u32>(ve ^ v2, 16); va += ve; v6 = rotr<u32>(v6 ^ va, 12);
  v2 += v6 + load<u32>(block, 0); ve = rotr<u32>(ve ^ v2, 8); va += ve; v6 = rotr<u32>(v6 ^ va, 7);
  v3 += v7 + load<u32>(block, 16); vf = rotr<u32>(vf ^ v3, 16); vb += vf; v7 = rotr<u32>(v7 ^ vb, 12);
  v3 += v7 + load<u32>(block, 52); vf = rotr<u32>(vf ^ v3, 8); vb += vf; v7 = rotr<u32>(v7 ^ vb, 7);
  v0 += v5 + load<u32>(block, 4); vf = rotr<u32>(vf ^ v0, 16); va += vf; v5 = rotr<u32>(v5 ^ va, 12);
  v0 += v5 + load<u32>(block, 44); vf = rotr<u32>(vf ^ v0, 8); va += vf; v5 = rotr<u32>(v5 ^ va, 7);
  v1 += v6 + load<u32>(block, 48); vc = rotr<u32>(vc ^ v1, 16); vb += vc; v6 = rotr<u32>(v6 ^ vb, 12);
  v1 += v6 + load<u32>(block, 20); vc = rotr<u32>(vc ^ v1, 8); vb += vc; v6 = rotr<u32>(v6 ^ vb, 7);
  v2 += v7 + load<u32>(block, 36); vd = rotr<u32>(vd ^ v2, 16); v8 += vd; v7 = rotr<u32>(v7 ^ v8, 12);
  v2 += v7 + load<u32>(block, 56); vd = rotr<u32>(vd ^ v2, 8); v8 += vd; v7 = rotr<u32>(v7 ^ v8, 7);
  v3 += v4 + load<u32>(block, 60); ve = rotr<u32>(ve ^ v3, 16); v9 += ve; v4 = rotr<u32>(v4 ^ v9, 12);
  v3 += v4 + load<u32>(block, 32); ve = rotr<u32>(ve ^ v3, 8); v9 += ve; v4 = rotr<u32>(v4 ^ v9, 7);
  // round 3
  v0 += v4 + load<u32>(block, 12); vc = rotr<u32>(vc ^ v0, 16); v8 += vc; v4 = rotr<u32>(v4 ^ v8, 12);
  v0 += v4 + load<u32>(block, 16); vc = rotr<u32>(vc ^ v0, 8); v8 += vc; v4 = rotr<u32>(v4 ^ v8, 7);
  v1 += v5 + load<u32>(block, 40); vd = rotr<u32>(vd ^ v1, 16); v9 += vd; v5 = rotr<u32>(v5 ^ v9, 12);
  v1 += v5 + load<u32>(block, 48); vd = rotr<u32>(vd ^ v1, 8); v9 += vd; v5 = rotr<u32>(v5 ^ v9, 7);
  v2 += v6 + load<u32>(block, 52); ve = rotr<u32>(ve ^ v2, 16); va += ve; v6 = rotr<u32>(v6 ^ va, 12);
  v2 += v6 + load<u32>(block, 8); ve = rotr<u32>(ve ^ v2, 8); va += ve; v6 = rotr<u32>(v6 ^ va, 7);
  v3 += v7 + load<u32>(block, 28); vf = rotr<u32>(vf ^ v3, 16); vb += vf; v7 = rotr<u32>(v7 ^ vb, 12);
  v3 += v7 + load<u32>(block, 56); vf = rotr<u32>(vf ^ v3, 8); vb += vf; v7 = rotr<u32>(v7 ^ vb, 7);
  v0 += v5 + load<u32>(block, 24); vf = rotr<u32>(vf ^ v0, 16); va += vf; v5 = rotr<u32>(v5 ^ va, 12);
  v0 += v5 + load<u32>(block, 20); vf = rotr<u32>(vf ^ v0, 8); va += vf; v5 = rotr<u32>(v5 ^ va, 7);
  v1 += v6 + load<u32>(block, 36); vc = rotr<u32>(vc ^ v1, 16); vb += vc; v6 = rotr<u32>(v6 ^ vb, 12);
  v1 += v6 + load<u32>(block, 0); vc = rotr<u32>(vc ^ v1, 8); vb += vc; v6 = rotr<u32>(v6 ^ vb, 7);
  v2 += v7 + load<u32>(block, 44); vd = rotr<u32>(vd ^ v2, 16); v8 += vd; v7 = rotr<u32>(v7 ^ v8, 12);
  v2 += v7 + load<u32>(block, 60); vd = rotr<u32>(vd ^ v2, 8); v8 += vd; v7 = rotr<u32>(v7 ^ v8, 7);
  v3 += v4 + load<u32>(block, 32); ve = rotr<u32>(ve ^ v3, 16); v9 += ve; v4 = rotr<u32>(v4 ^ v9, 12);
  v3 += v4 + load<u32>(block, 4); ve = rotr<u32>(ve ^ v3, 8); v9 += ve; v4 = rotr<u32>(v4 ^ v9, 7);
  // round 4
  v0 += v4 + load<u32>(block, 40); vc = rotr<u32>(vc ^ v0, 16); v8 += vc; v4 = rotr<u32>(v4 ^ v8, 12);
  v0 += v4 + load<u32>(block, 28); vc = rotr<u32>(vc ^ v0, 8); v8 += vc; v4 = rotr<u32>(v4 ^ v8, 7);
  v1 += v5 + load<u32>(block, 48); vd = rotr<u32>(vd ^ v1, 16); v9 += vd; v5 = rotr<u32>(v5 ^ v9, 12);
  v1 += v5 + load<u32>(block, 36); vd = rotr<u32>(vd ^ v1, 8); v9 += vd; v5 = rotr<u32>(v5 ^ v9, 7);
  v2 += v6 + load<u32>(block, 56); ve = rotr<u32>(ve ^ v2, 16); va += ve; v6 = rotr<u32>(v6 ^ va, 12);
  v2 += v6 + load<u32>(block, 12); ve = rotr<u32>(ve ^ v2, 8); va += ve; v6 = rotr<u32>(v6 ^ va, 7);
  v3 += v7 + load<u32>(block, 52); vf = rotr<u32>(vf ^ v3, 16); vb += vf; v7 = rotr<u32>(v7 ^ vb, 12);
  v3 += v7 + load<u32>(block, 60); vf = rotr<u32>(vf ^ v3, 8); vb += vf; v7 = rotr<u32>(v7 ^ vb, 7);
  v0 += v5 + load<u32>(block, 16); vf = rotr<u32>(vf ^ v0, 16); va += vf; v5 = rotr<u32>(v5 ^ va, 12);
  v0 += v5 + load<u32>(block, 0); vf = rotr<u32>(vf ^ v0, 8); va += vf; v5 = rotr<u32>(v5 ^ va, 7);
  v1 += v6 + load<u32>(block, 44); vc = rotr<u32>(vc ^ v1, 16); vb += vc; v6 = rotr<u32>(v6 ^ vb, 12);
  v1 += v6 + load<u32>(block, 8); vc = rotr<u32>(vc ^ v1, 8); vb += vc; v6 = rotr<u32>(v6 ^ vb, 7);
  v2 += v7 + load<u32>(block, 20); vd = rotr<u32>(vd ^ v2, 16); v8 += vd; v7 = rotr<u32>(v7 ^ v8, 12);
  v2 += v7 + load<u32>(block, 32); vd = rotr<u32>(vd ^ v2, 8); v8 += vd; v7 = rotr<u32>(v7 ^ v8, 7);
  v3 += v4 + load<u32>(block, 4); ve = rotr<u32>(ve ^ v3, 16); v9 += ve; v4 = rotr<u32>(v4 ^ v9, 12);
  v3 += v4 + load<u32>(block, 24); ve = rotr<u32>(ve ^ v3, 8); v9 += ve; v4 = rotr<u32>(v4 ^ v9, 7);
  // round 5
  v0 += v4 + load<u32>(block, 48); vc = rotr<u32>(vc ^ v0, 16); v8 += vc; v4 = rotr<u32>(v4 ^ v8, 12);
  v0 += v4 + load<u32>(block, 52); vc = rotr<u32>(vc ^ v0, 8); v8 += vc; v4 = rotr<u32>(v4 ^ v8, 7);
  v1 += v5 + load<u32>(block, 36); vd = rotr<u32>(vd ^ v1, 16); v9 += vd; v5 = rotr<u32>(v5 ^ v9, 12);
  v1 += v5 + load<u32>(block, 44); vd = rotr<u32>(vd ^ v1, 8); v9 += vd; v5 = rotr<u32>(v5 ^ v9, 7);
  v2 += v6 + load<u32>(block, 60); ve = rotr<u32>(ve ^ v2, 16); va += ve; v6 = rotr<u32>(v6 ^ va, 12);
  v2 += v6 + load<u32>(block, 40); ve = rotr<u32>(ve ^ v2, 8); va += ve; v6 = rotr<u32>(v6 ^ va, 7);
  v3 += v7 + load<u32>(block, 56); vf = rotr<u32>(vf ^ v3, 16); vb += vf; v7 = rotr<u32>(v7 ^ vb, 12);
  v3 += v7 + load<u32>(block, 32); vf = rotr<u32>(vf ^ v3, 8); vb += vf; v7 = rotr<u32>(v7 ^ vb, 7);
  v0 += v5 + load<u32>(block, 28); vf = rotr<u32>(vf ^ v0, 16); va += vf; v5 = rotr<u32>(v5 ^ va, 12);
  v0 += v5 + load<u32>(block, 8); vf = rotr<u32>(vf ^ v0, 8); va += vf; v5 = rotr<u32>(v5 ^ va, 7);
  v1 += v6 + load<u32>(block, 20); vc = rotr<u32>(vc ^ v1, 16); vb += vc; v6 = rotr<u32>(v6 ^ vb, 12);
  v1 += v6 + load<u32>(block, 12); vc = rotr<u32>(vc ^ v1, 8); vb += vc; v6 = rotr<u32>(v6 ^ vb, 7);
  v2 += v7 + load<u32>(block, 0); vd = rotr<u32>(vd ^ v2, 16); v8 += vd; v7 = rotr<u32>(v7 ^ v8, 12);
  v2 += v7 + load<u32>(block, 4); vd = rotr<u32>(vd ^ v2, 8); v8 += vd; v7 = rotr<u32>(v7 ^ v8, 7);
  v3 += v4 + load<u32>(block, 24); ve = rotr<u32>(ve ^ v3, 16); v9 += ve; v4 = rotr<u32>(v4 ^ v9, 12);
  v3 += v4 + load<u32>(block, 16); ve = rotr<u32>(ve ^ v3, 8); v9 += ve; v4 = rotr<u32>(v4 ^ v9, 7);
  // round 6
  v0 += v4 + load<u32>(block, 36); vc = rotr<u32>(vc ^ v0, 16); v8 += vc; v4 = rotr<u32>(v4 ^ v8, 12);
  v0 += v4 + load<u32>(block, 56); vc = rotr<u32>(vc ^ v0, 8); v8 += vc; v4 = rotr<u32>(v4 ^ v8, 7);
  v1 += v5 + load<u32>(block, 44); vd = rotr<u32>(vd ^ v1, 16); v9 += vd; v5 = rotr<u32>(v5 ^ v9, 12);
  v1 += v5 + load<u32>(block, 20); vd = rotr<u32>(vd ^ v1, 8); v9 += vd; v5 = rotr<u32>(v5 ^ v9, 7);
  v2 += v6 + load<u32>(block, 32); ve = rotr<u32>(ve ^ v2, 16); va += ve; v6 = rotr<u32>(v6 ^ va, 12);
  v2 += v6 + load<u32>(block, 48); ve = rotr<u32>(ve ^ v2, 8); va += ve; v6 = rotr<u32>(v6 ^ va, 7);
  v3 += v7 + load<u32>(block, 60); vf = rotr<u32>(vf ^ v3, 16); vb += vf; v7 = rotr<u32>(v7 ^ vb, 12);
  v3 += v7 + load<u32>(block, 4); vf = rotr<u32>(vf ^ v3, 8); vb += vf; v7 = rotr<u32>(v7 ^ vb, 7);
  v0 += v5 + load<u32>(block, 52); vf = rotr<u32>(vf ^ v0, 16); va += vf; v5 = rotr<u32>(v5 ^ va, 12);
  v0 += v5 + load<u32>(block, 12); vf = rotr<u32>(vf ^ v0, 8); va += vf; v5 = rotr<u32>(v5 ^ va, 7);
  v1 += v6 + load<u32>(block, 0); vc = rotr<u32>(vc ^ v1, 16); vb += vc; v6 = rotr<u32>(v6 ^ vb, 12);
  v1 += v6 + load<u32>(block, 40); vc = rotr<u32>(vc ^ v1, 8); vb += vc; v6 = rotr<u32>(v6 ^ vb, 7);
  v2 += v7 + load<u32>(block, 8); vd = rotr<u32>(vd ^ v2, 16); v8 += vd; v7 = rotr<u32>(v7 ^ v8, 12);
  v2 += v7 + load<u32>(block, 24); vd = rotr<u32>(vd ^ v2, 8); v8 += vd; v7 = rotr<u32>(v7 ^ v8, 7);
  v3 += v4 + load<u32>(block, 16); ve = rotr<u32>(ve ^ v3, 16); v9 += ve; v4 = rotr<u32>(v4 ^ v9, 12);
  v3 += v4 + load<u32>(block, 28); ve = rotr<u32>(ve ^ v3, 8); v9 += ve; v4 = rotr<u32>(v4 ^ v9, 7);
  // round 7
  v0 += v4 + load<u32>(block, 44); vc = rotr<u32>(vc ^ v0, 16); v8 += vc; v4 = rotr<u32>(v4 ^ v8, 12);
  v0 += v4 + load<u32>(block, 60); vc = rotr<u32>(vc ^ v0, 8); v8 += vc; v4 = rotr<u32>(v4 ^ v8, 7);
  v1 += v5 + load<u32>(block, 20); vd = rotr<u32>(vd ^ v1, 16); v9 += vd; v5 = rotr<u32>(v5 ^ v9, 12);
  v1 += v5 + load<u32>(block, 0); vd = rotr<u32>(vd ^ v1, 8); v9 += vd; v5 = rotr<u32>(v5 ^ v9, 7);
  v2 += v6 + load<u32>(block, 4); ve = rotr<u32>(ve ^ v2, 16); va += ve; v6 = rotr<u32>(v6 ^ va, 12);
  v2 += v6 + load<u32>(block, 36); ve = rotr<u32>(ve ^ v2, 8); va += ve; v6 = rotr<u32>(v6 ^ va, 7);
  v3 += v7 + load<u32>(block, 32); vf = rotr<u32>(vf ^ v3, 16); vb += vf; v7 = rotr<u32>(v7 ^ vb, 12);
  v3 += v7 + load<u32>(block, 24); vf = rotr<u32>(vf ^ v3, 8); vb += vf; v7 = rotr<u32>(v7 ^ vb, 7);
  v0 += v5 + load<u32>(block, 56); vf = rotr<u32>(vf ^ v0, 16); va += vf; v5 = rotr<u32>(v5 ^ va, 12);
  v0 += v5 + load<u32>(block, 40); vf = rotr<u32>(vf ^ v0, 8); va += vf; v5 = rotr<u32>(v5 ^ va, 7);
  v1 += v6 + load<u32>(block, 8); vc = rotr<u32>(vc ^ v1, 16); vb += vc; v6 = rotr<u32>(v6 ^ vb, 12);
  v1 += v6 + load<u32>(block, 48); vc = rotr<u32>(vc ^ v1, 8); vb += vc; v6 = rotr<u32>(v6 ^ vb, 7);
  v2 += v7 + load<u32>(block, 12); vd = rotr<u32>(vd ^ v2, 16); v8 += vd; v7 = rotr<u32>(v7 ^ v8, 12);
  v2 += v7 + load<u32>(block, 16); vd = rotr<u32>(vd ^ v2, 8); v8 += vd; v7 = rotr<u32>(v7 ^ v8, 7);
  v3 += v4 + load<u32>(block, 28); ve = rotr<u32>(ve ^ v3, 16); v9 += ve; v4 = rotr<u32>(v4 ^ v9, 12);
  v3 += v4 + load<u32>(block, 52); ve = rotr<u32>(ve ^ v3, 8); v9 += ve; v4 = rotr<u32>(v4 ^ v9, 7);
  store<u32>(chain, v0 ^ v8);
  store<u32>(chain, v1 ^ v9, 4);
  store<u32>(chain, v2 ^ va, 8);
  store<u32>(chain, v3 ^ vb, 12);
  store<u32>(chain, v4 ^ vc, 16);
  store<u32>(chain, v5 ^ vd, 20);
  store<u32>(chain, v6 ^ ve, 24);
  store<u32>(chain, v7 ^ vf, 28);
}
