// The font: each character as pen strokes in a cell of 8 × 16, drawn for this project. A stroke is four hexadecimal digits,
// x0 y0 x1 y1; the pen is two pixels wide (one in a glyph that starts with '). Capitals stand on row b and reach to row 2, small
// letters to row 5, descenders to row e. raster.ts turns strokes into bitmaps; tests read this file too.

/** Characters 0x20 … 0x7e, then those of EXTRA, then the sign for any other character. */
// prettier-ignore
export const GLYPHS = [
  "", "2228 2a2b", "1215 4245", "'131b 535b 0565 0969", "1242 5353 0305 1646 575a 1b4b 0a0a 2121 2c2c", // space ! " # $
  "0203 520b 5a5b", "2232 1314 4344 3516 070a 1b3b 155b 5759", "2225", "3223 1419 2a3b", "1223 3439 2a1b", // % & ' ( )
  "0448 0844 2329", "0747 242a", "2a2b 2c1d", "0747", "2a2b", "520b", // * + , - . /
  "1242 030a 535a 1b4b 3528", "222b 1304 0b4b", "0303 1242 5355 460a 0b5b", "0303 1242 5355 2646 575a 1b4b 0a0a", // 0 1 2 3
  "424b 4208 0858", "0252 0206 0646 575a 1b4b 0a0a", "2242 1313 040a 1646 575a 1b4b", "0252 5327 282b", // 4 5 6 7
  "1242 0305 5355 1646 070a 575a 1b4b", "1242 0306 1747 5359 4a4a 1b3b", "2526 2a2b", "2526 2a2b 2c1d", // 8 9 : ;
  "4307 074b", "0646 0949", "0347 470b", "0303 1242 5355 4627 2828 2a2b", // < = > ?
  "'1252 030a 1b5b 6368 2545 2628 3949 5555 5659", "2232 1313 4343 040b 545b 0757", "020b 0242 5355 0646 575a 0b4b", // @ A B
  "1242 5353 030a 1b4b 5a5a", "020b 0232 4343 5459 4a4a 0b3b", "020b 0252 0646 0b5b", "020b 0252 0646", // C D E F
  "1242 5353 030a 1b4b 575a 3757", "020b 525b 0656", "0242 222b 0b4b", "525a 1b4b 0a0a", "020b 5206 065b", // G H I J K
  "020b 0b5b", "'020b 626b 0336 6336", "020b 525b 035a", "1242 030a 535a 1b4b", "020b 0242 5355 0646", // L M N O P
  "1242 030a 535a 1b4b 385c", "020b 0242 5355 0646 265b", "1242 5353 0305 1646 575a 1b4b 0a0a", "0242 222b", // Q R S T
  "020a 525a 1b4b", "0206 5256 072b 573b", "'020b 626b 0a37 6a37", "025b 520b", "0204 4244 0526 4526 272b", // U V W X Y
  "0252 530a 0b5b", "121b 1232 1b3b", "025b", "323b 1232 1b3b", "2204 2244", "0d5d", "1223", // Z [ \ ] ^ _ `
  "1545 565b 1848 090a 1b4b", "020b 1545 565a 1b4b", "1545 060a 1b4b 5656 5a5a", "525b 1545 060a 1b4b", // a b c d
  "1545 060a 5657 0858 1b4b 5a5a", "3252 232b 0545", "1545 060a 555d 1b4b 1e4e 0d0d", "020b 1545 565b", // e f g h
  "2222 1525 252b 0b4b", "4242 3545 454d 1e3e 0d0d", "020b 4508 185b", "1222 222b 0b4b", "'050b 363b 666b 1525 4555", // i j k l m
  "050b 1545 565b", "1545 060a 565a 1b4b", "050e 1545 565a 1b4b", "555e 1545 060a 1b4b", "050b 2545 1616 5656", // n o p q r
  "1545 0607 1848 595a 1b4b 5656 0a0a", "222a 0545 3b4b 5a5a", "050a 555b 1b4b", "0508 5558 092b 593b", // s t u v
  "'050a 656a 363a 1b2b 4b5b", "055b 550b", "050a 555d 1b4b 1e4e 0d0d", "0555 560a 0b5b", // w x y z
  "3242 2326 0717 282a 3b4b", "222d", "0212 2326 3747 282a 0b1b", "0707 1626 3747 5656", // { | } ~
  "'1555 060a 666a 1b5b 323e", "'1555 0609 6669 1a5a 323b 2242 2b4b", "0555 0a5a 050a 555a", // φ Φ other
];

/** Code points of the glyphs behind 0x7e. */
export const EXTRA = [0x3c6, 0x3a6];
