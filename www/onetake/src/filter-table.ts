// Generated from shaders/ and crate/core/src/filter/looks.rs by `cargo xtask generate`. Do not edit.
import type { FilterSpec, Look } from './types.js';

/** The filters that onetake ships, by name. */
export type FilterName =
  | 'bulge'
  | 'crop'
  | 'fisheye'
  | 'mirror'
  | 'mosaic'
  | 'pinch'
  | 'pixellate'
  | 'swirl'
  | 'transform'
  | 'black_and_white'
  | 'brightness'
  | 'colour_matrix'
  | 'contrast'
  | 'crosshatch'
  | 'exposure'
  | 'false_colour'
  | 'gamma'
  | 'grain'
  | 'halftone'
  | 'highlights_shadows'
  | 'hue'
  | 'invert'
  | 'levels'
  | 'lut'
  | 'monochrome'
  | 'posterise'
  | 'rgb_gain'
  | 'saturation'
  | 'sepia'
  | 'tone_curve'
  | 'vibrance'
  | 'vignette'
  | 'white_balance'
  | 'auto_tone'
  | 'bilateral'
  | 'bloom'
  | 'box'
  | 'chromatic_aberration'
  | 'emboss'
  | 'gaussian'
  | 'kuwahara'
  | 'median'
  | 'sharpen'
  | 'sketch'
  | 'sobel'
  | 'surface'
  | 'toon'
  | 'unsharp'
  | 'blend'
  | 'chroma_key'
  | 'overlay'
  | 'split'
  | 'beauty';

/** The same with all that a page shows of them. */
export const FILTERS: readonly FilterSpec[] = [
  {
    name: 'bulge',
    label: { en: 'Bulge', zh: '凸起' },
    kind: 'coord',
    stages: 1,
    categories: ['effect'],
    parameters: [
      { name: 'amount', label: { en: 'Amount', zh: '强度' }, type: 'number', min: 0, max: 1, default: 0.5 },
      { name: 'radius', label: { en: 'Radius', zh: '半径' }, type: 'number', min: 0.05, max: 1, default: 0.5 },
      { name: 'x', label: { en: 'Centre across', zh: '中心横向' }, type: 'number', min: 0, max: 1, default: 0.5 },
      { name: 'y', label: { en: 'Centre down', zh: '中心纵向' }, type: 'number', min: 0, max: 1, default: 0.5 },
    ],
  },
  {
    name: 'crop',
    label: { en: 'Crop', zh: '裁剪' },
    kind: 'coord',
    stages: 1,
    categories: ['geometry'],
    parameters: [
      { name: 'left', label: { en: 'Left', zh: '左' }, type: 'number', min: 0, max: 1, default: 0 },
      { name: 'top', label: { en: 'Top', zh: '上' }, type: 'number', min: 0, max: 1, default: 0 },
      { name: 'width', label: { en: 'Width', zh: '宽' }, type: 'number', min: 0.05, max: 1, default: 1 },
      { name: 'height', label: { en: 'Height', zh: '高' }, type: 'number', min: 0.05, max: 1, default: 1 },
      { name: 'fit', label: { en: 'Fit', zh: '适配' }, type: 'choice', values: ['cover', 'contain', 'stretch'], default: 'cover' },
    ],
  },
  {
    name: 'fisheye',
    label: { en: 'Fisheye', zh: '鱼眼' },
    kind: 'coord',
    stages: 1,
    categories: ['effect'],
    parameters: [
      { name: 'amount', label: { en: 'Amount', zh: '强度' }, type: 'number', min: 0, max: 1, default: 0.6 },
    ],
  },
  {
    name: 'mirror',
    label: { en: 'Mirror', zh: '镜像' },
    kind: 'coord',
    stages: 1,
    categories: ['geometry'],
    parameters: [
      { name: 'axis', label: { en: 'Direction', zh: '方向' }, type: 'choice', values: ['horizontal', 'vertical', 'both'], default: 'horizontal' },
    ],
  },
  {
    name: 'mosaic',
    label: { en: 'Honeycomb mosaic', zh: '蜂窝马赛克' },
    kind: 'coord',
    stages: 1,
    categories: ['effect'],
    parameters: [
      { name: 'size_of_cell', label: { en: 'Size', zh: '大小' }, type: 'number', min: 4, max: 100, default: 24 },
    ],
  },
  {
    name: 'pinch',
    label: { en: 'Pinch', zh: '捏合' },
    kind: 'coord',
    stages: 1,
    categories: ['effect'],
    parameters: [
      { name: 'amount', label: { en: 'Amount', zh: '强度' }, type: 'number', min: 0, max: 1, default: 0.5 },
      { name: 'radius', label: { en: 'Radius', zh: '半径' }, type: 'number', min: 0.05, max: 0.8, default: 0.5 },
      { name: 'x', label: { en: 'Centre across', zh: '中心横向' }, type: 'number', min: 0, max: 1, default: 0.5 },
      { name: 'y', label: { en: 'Centre down', zh: '中心纵向' }, type: 'number', min: 0, max: 1, default: 0.5 },
    ],
  },
  {
    name: 'pixellate',
    label: { en: 'Pixellate', zh: '像素化' },
    kind: 'coord',
    stages: 1,
    categories: ['effect'],
    parameters: [
      { name: 'size_of_cell', label: { en: 'Size', zh: '大小' }, type: 'number', min: 2, max: 80, default: 16 },
    ],
  },
  {
    name: 'swirl',
    label: { en: 'Swirl', zh: '漩涡' },
    kind: 'coord',
    stages: 1,
    categories: ['effect'],
    parameters: [
      { name: 'angle', label: { en: 'Angle', zh: '角度' }, type: 'number', min: -360, max: 360, default: 120 },
      { name: 'radius', label: { en: 'Radius', zh: '半径' }, type: 'number', min: 0.05, max: 1, default: 0.5 },
      { name: 'x', label: { en: 'Centre across', zh: '中心横向' }, type: 'number', min: 0, max: 1, default: 0.5 },
      { name: 'y', label: { en: 'Centre down', zh: '中心纵向' }, type: 'number', min: 0, max: 1, default: 0.5 },
    ],
  },
  {
    name: 'transform',
    label: { en: 'Transform', zh: '变换' },
    kind: 'coord',
    stages: 1,
    categories: ['geometry'],
    parameters: [
      { name: 'scale', label: { en: 'Scale', zh: '缩放' }, type: 'number', min: 0.2, max: 4, default: 1 },
      { name: 'angle', label: { en: 'Rotation', zh: '旋转' }, type: 'number', min: -180, max: 180, default: 0 },
      { name: 'across', label: { en: 'Move across', zh: '水平移动' }, type: 'number', min: -1, max: 1, default: 0 },
      { name: 'down', label: { en: 'Move down', zh: '垂直移动' }, type: 'number', min: -1, max: 1, default: 0 },
      { name: 'tilt_across', label: { en: 'Tilt across', zh: '水平透视' }, type: 'number', min: -1, max: 1, default: 0 },
      { name: 'tilt_down', label: { en: 'Tilt down', zh: '垂直透视' }, type: 'number', min: -1, max: 1, default: 0 },
    ],
  },
  {
    name: 'black_and_white',
    label: { en: 'Black and white', zh: '黑白' },
    kind: 'point',
    stages: 1,
    categories: ['colour'],
    parameters: [
      { name: 'red', label: { en: 'Red', zh: '红' }, type: 'number', min: 0, max: 1, default: 0.3 },
      { name: 'green', label: { en: 'Green', zh: '绿' }, type: 'number', min: 0, max: 1, default: 0.59 },
      { name: 'blue', label: { en: 'Blue', zh: '蓝' }, type: 'number', min: 0, max: 1, default: 0.11 },
      { name: 'amount', label: { en: 'Amount', zh: '强度' }, type: 'number', min: 0, max: 1, default: 1 },
    ],
  },
  {
    name: 'brightness',
    label: { en: 'Brightness', zh: '亮度' },
    kind: 'point',
    stages: 1,
    categories: ['colour'],
    parameters: [
      { name: 'amount', label: { en: 'Amount', zh: '强度' }, type: 'number', min: -1, max: 1, default: 0 },
    ],
  },
  {
    name: 'colour_matrix',
    label: { en: 'Colour matrix', zh: '颜色矩阵' },
    kind: 'point',
    stages: 1,
    categories: ['colour'],
    parameters: [
      { name: 'rr', label: { en: 'Red from red', zh: '红取红' }, type: 'number', min: -2, max: 2, default: 1 },
      { name: 'rg', label: { en: 'Red from green', zh: '红取绿' }, type: 'number', min: -2, max: 2, default: 0 },
      { name: 'rb', label: { en: 'Red from blue', zh: '红取蓝' }, type: 'number', min: -2, max: 2, default: 0 },
      { name: 'r0', label: { en: 'Red offset', zh: '红偏移' }, type: 'number', min: -1, max: 1, default: 0 },
      { name: 'gr', label: { en: 'Green from red', zh: '绿取红' }, type: 'number', min: -2, max: 2, default: 0 },
      { name: 'gg', label: { en: 'Green from green', zh: '绿取绿' }, type: 'number', min: -2, max: 2, default: 1 },
      { name: 'gb', label: { en: 'Green from blue', zh: '绿取蓝' }, type: 'number', min: -2, max: 2, default: 0 },
      { name: 'g0', label: { en: 'Green offset', zh: '绿偏移' }, type: 'number', min: -1, max: 1, default: 0 },
      { name: 'br', label: { en: 'Blue from red', zh: '蓝取红' }, type: 'number', min: -2, max: 2, default: 0 },
      { name: 'bg', label: { en: 'Blue from green', zh: '蓝取绿' }, type: 'number', min: -2, max: 2, default: 0 },
      { name: 'bb', label: { en: 'Blue from blue', zh: '蓝取蓝' }, type: 'number', min: -2, max: 2, default: 1 },
      { name: 'b0', label: { en: 'Blue offset', zh: '蓝偏移' }, type: 'number', min: -1, max: 1, default: 0 },
    ],
  },
  {
    name: 'contrast',
    label: { en: 'Contrast', zh: '对比度' },
    kind: 'point',
    stages: 1,
    categories: ['colour'],
    parameters: [
      { name: 'amount', label: { en: 'Amount', zh: '强度' }, type: 'number', min: -1, max: 1, default: 0 },
    ],
  },
  {
    name: 'crosshatch',
    label: { en: 'Crosshatch', zh: '交叉线' },
    kind: 'point',
    stages: 1,
    categories: ['effect'],
    parameters: [
      { name: 'spacing', label: { en: 'Spacing', zh: '间距' }, type: 'number', min: 4, max: 30, default: 9 },
      { name: 'amount', label: { en: 'Amount', zh: '强度' }, type: 'number', min: 0, max: 1, default: 1 },
    ],
  },
  {
    name: 'exposure',
    label: { en: 'Exposure', zh: '曝光' },
    kind: 'point',
    stages: 1,
    categories: ['colour'],
    parameters: [
      { name: 'stops', label: { en: 'Stops', zh: '档' }, type: 'number', min: -3, max: 3, default: 0 },
    ],
  },
  {
    name: 'false_colour',
    label: { en: 'False colour', zh: '伪彩' },
    kind: 'point',
    stages: 1,
    categories: ['colour'],
    parameters: [
      { name: 'dark', label: { en: 'Dark', zh: '暗部' }, type: 'color', default: '#001a66' },
      { name: 'bright', label: { en: 'Bright', zh: '亮部' }, type: 'color', default: '#ffd24d' },
      { name: 'amount', label: { en: 'Amount', zh: '强度' }, type: 'number', min: 0, max: 1, default: 1 },
    ],
  },
  {
    name: 'gamma',
    label: { en: 'Gamma', zh: '伽马' },
    kind: 'point',
    stages: 1,
    categories: ['colour'],
    parameters: [
      { name: 'value', label: { en: 'Gamma', zh: '伽马' }, type: 'number', min: 0.3, max: 3, default: 1 },
    ],
  },
  {
    name: 'grain',
    label: { en: 'Film grain', zh: '胶片颗粒' },
    kind: 'point',
    stages: 1,
    categories: ['effect'],
    parameters: [
      { name: 'amount', label: { en: 'Amount', zh: '强度' }, type: 'number', min: 0, max: 1, default: 0.35 },
      { name: 'grain_size', label: { en: 'Size', zh: '大小' }, type: 'number', min: 1, max: 6, default: 1.5 },
    ],
  },
  {
    name: 'halftone',
    label: { en: 'Halftone', zh: '半调网点' },
    kind: 'point',
    stages: 1,
    categories: ['effect'],
    parameters: [
      { name: 'dot_size', label: { en: 'Dot size', zh: '网点大小' }, type: 'number', min: 3, max: 30, default: 8 },
      { name: 'angle', label: { en: 'Angle', zh: '角度' }, type: 'number', min: 0, max: 90, default: 45 },
      { name: 'coloured', label: { en: 'Colour', zh: '彩色' }, type: 'number', min: 0, max: 1, default: 0 },
      { name: 'amount', label: { en: 'Amount', zh: '强度' }, type: 'number', min: 0, max: 1, default: 1 },
    ],
  },
  {
    name: 'highlights_shadows',
    label: { en: 'Highlights and shadows', zh: '高光与阴影' },
    kind: 'point',
    stages: 1,
    categories: ['colour'],
    parameters: [
      { name: 'highlights', label: { en: 'Highlights', zh: '高光' }, type: 'number', min: -1, max: 1, default: 0 },
      { name: 'shadows', label: { en: 'Shadows', zh: '阴影' }, type: 'number', min: -1, max: 1, default: 0 },
    ],
  },
  {
    name: 'hue',
    label: { en: 'Hue', zh: '色相' },
    kind: 'point',
    stages: 1,
    categories: ['colour'],
    parameters: [
      { name: 'angle', label: { en: 'Angle', zh: '角度' }, type: 'number', min: -180, max: 180, default: 0 },
    ],
  },
  {
    name: 'invert',
    label: { en: 'Invert', zh: '反相' },
    kind: 'point',
    stages: 1,
    categories: ['colour'],
    parameters: [
      { name: 'amount', label: { en: 'Amount', zh: '强度' }, type: 'number', min: 0, max: 1, default: 1 },
    ],
  },
  {
    name: 'levels',
    label: { en: 'Levels', zh: '色阶' },
    kind: 'point',
    stages: 1,
    categories: ['colour'],
    parameters: [
      { name: 'black', label: { en: 'Black in', zh: '输入黑场' }, type: 'number', min: 0, max: 0.9, default: 0 },
      { name: 'white', label: { en: 'White in', zh: '输入白场' }, type: 'number', min: 0.1, max: 1, default: 1 },
      { name: 'middle', label: { en: 'Middle', zh: '中间调' }, type: 'number', min: 0.3, max: 3, default: 1 },
      { name: 'out_black', label: { en: 'Black out', zh: '输出黑场' }, type: 'number', min: 0, max: 1, default: 0 },
      { name: 'out_white', label: { en: 'White out', zh: '输出白场' }, type: 'number', min: 0, max: 1, default: 1 },
    ],
  },
  {
    name: 'lut',
    label: { en: 'Look', zh: '滤镜' },
    kind: 'point',
    stages: 1,
    categories: ['look'],
    parameters: [
      { name: 'table', label: { en: 'Table', zh: '查找表' }, type: 'table', optional: true },
      { name: 'amount', label: { en: 'Amount', zh: '强度' }, type: 'number', min: 0, max: 1, default: 1 },
    ],
  },
  {
    name: 'monochrome',
    label: { en: 'Monochrome', zh: '单色' },
    kind: 'point',
    stages: 1,
    categories: ['colour'],
    parameters: [
      { name: 'tint', label: { en: 'Colour', zh: '颜色' }, type: 'color', default: '#c9a06a' },
      { name: 'amount', label: { en: 'Amount', zh: '强度' }, type: 'number', min: 0, max: 1, default: 1 },
    ],
  },
  {
    name: 'posterise',
    label: { en: 'Posterise', zh: '色调分离' },
    kind: 'point',
    stages: 1,
    categories: ['effect'],
    parameters: [
      { name: 'steps', label: { en: 'Steps', zh: '级数' }, type: 'number', min: 2, max: 32, default: 6 },
    ],
  },
  {
    name: 'rgb_gain',
    label: { en: 'Red, green, blue', zh: '红绿蓝' },
    kind: 'point',
    stages: 1,
    categories: ['colour'],
    parameters: [
      { name: 'red', label: { en: 'Red', zh: '红' }, type: 'number', min: 0, max: 2, default: 1 },
      { name: 'green', label: { en: 'Green', zh: '绿' }, type: 'number', min: 0, max: 2, default: 1 },
      { name: 'blue', label: { en: 'Blue', zh: '蓝' }, type: 'number', min: 0, max: 2, default: 1 },
    ],
  },
  {
    name: 'saturation',
    label: { en: 'Saturation', zh: '饱和度' },
    kind: 'point',
    stages: 1,
    categories: ['colour'],
    parameters: [
      { name: 'amount', label: { en: 'Amount', zh: '强度' }, type: 'number', min: -1, max: 1, default: 0 },
    ],
  },
  {
    name: 'sepia',
    label: { en: 'Sepia', zh: '怀旧褐' },
    kind: 'point',
    stages: 1,
    categories: ['colour'],
    parameters: [
      { name: 'amount', label: { en: 'Amount', zh: '强度' }, type: 'number', min: 0, max: 1, default: 1 },
    ],
  },
  {
    name: 'tone_curve',
    label: { en: 'Tone curve', zh: '曲线' },
    kind: 'point',
    stages: 1,
    categories: ['colour'],
    parameters: [
      { name: 'curve', label: { en: 'Curve', zh: '曲线' }, type: 'curve', default: '0,0 1,1' },
      { name: 'amount', label: { en: 'Amount', zh: '强度' }, type: 'number', min: 0, max: 1, default: 1 },
    ],
  },
  {
    name: 'vibrance',
    label: { en: 'Vibrance', zh: '自然饱和度' },
    kind: 'point',
    stages: 1,
    categories: ['colour'],
    parameters: [
      { name: 'amount', label: { en: 'Amount', zh: '强度' }, type: 'number', min: -1, max: 1, default: 0 },
    ],
  },
  {
    name: 'vignette',
    label: { en: 'Vignette', zh: '暗角' },
    kind: 'point',
    stages: 1,
    categories: ['effect'],
    parameters: [
      { name: 'amount', label: { en: 'Amount', zh: '强度' }, type: 'number', min: 0, max: 1, default: 0.5 },
      { name: 'radius', label: { en: 'Radius', zh: '半径' }, type: 'number', min: 0, max: 1, default: 0.5 },
      { name: 'softness', label: { en: 'Softness', zh: '柔和度' }, type: 'number', min: 0.05, max: 1, default: 0.6 },
      { name: 'tint', label: { en: 'Colour', zh: '颜色' }, type: 'color', default: '#000000' },
    ],
  },
  {
    name: 'white_balance',
    label: { en: 'White balance', zh: '白平衡' },
    kind: 'point',
    stages: 1,
    categories: ['colour'],
    parameters: [
      { name: 'temperature', label: { en: 'Warmth', zh: '色温' }, type: 'number', min: -1, max: 1, default: 0 },
      { name: 'tint', label: { en: 'Tint', zh: '色调' }, type: 'number', min: -1, max: 1, default: 0 },
    ],
  },
  {
    name: 'auto_tone',
    label: { en: 'Auto tone', zh: '自动色调' },
    kind: 'area',
    stages: 3,
    categories: ['colour'],
    parameters: [
      { name: 'amount', label: { en: 'Amount', zh: '强度' }, type: 'number', min: 0, max: 1, default: 1 },
    ],
  },
  {
    name: 'bilateral',
    label: { en: 'Bilateral smoothing', zh: '双边磨皮' },
    kind: 'area',
    stages: 1,
    categories: ['effect'],
    parameters: [
      { name: 'radius', label: { en: 'Radius', zh: '半径' }, type: 'number', min: 0, max: 16, default: 7 },
      { name: 'tolerance', label: { en: 'Tolerance', zh: '容差' }, type: 'number', min: 0.02, max: 0.5, default: 0.12 },
    ],
  },
  {
    name: 'bloom',
    label: { en: 'Glow', zh: '柔光' },
    kind: 'area',
    stages: 2,
    categories: ['effect'],
    parameters: [
      { name: 'amount', label: { en: 'Amount', zh: '强度' }, type: 'number', min: 0, max: 1, default: 0.6 },
      { name: 'threshold', label: { en: 'Threshold', zh: '阈值' }, type: 'number', min: 0, max: 0.95, default: 0.5 },
      { name: 'radius', label: { en: 'Radius', zh: '半径' }, type: 'number', min: 4, max: 60, default: 24 },
    ],
  },
  {
    name: 'box',
    label: { en: 'Box blur', zh: '方框模糊' },
    kind: 'area',
    stages: 2,
    categories: ['effect'],
    parameters: [
      { name: 'radius', label: { en: 'Radius', zh: '半径' }, type: 'number', min: 0, max: 16, default: 6 },
    ],
  },
  {
    name: 'chromatic_aberration',
    label: { en: 'Colour fringes', zh: '色差' },
    kind: 'area',
    stages: 1,
    categories: ['effect'],
    parameters: [
      { name: 'amount', label: { en: 'Amount', zh: '强度' }, type: 'number', min: 0, max: 20, default: 6 },
    ],
  },
  {
    name: 'emboss',
    label: { en: 'Emboss', zh: '浮雕' },
    kind: 'area',
    stages: 1,
    categories: ['effect'],
    parameters: [
      { name: 'strength', label: { en: 'Strength', zh: '强度' }, type: 'number', min: 0, max: 4, default: 1.5 },
      { name: 'coloured', label: { en: 'Colour', zh: '彩色' }, type: 'number', min: 0, max: 1, default: 0 },
    ],
  },
  {
    name: 'gaussian',
    label: { en: 'Gaussian blur', zh: '高斯模糊' },
    kind: 'area',
    stages: 2,
    categories: ['effect'],
    parameters: [
      { name: 'radius', label: { en: 'Radius', zh: '半径' }, type: 'number', min: 0, max: 20, default: 8 },
    ],
  },
  {
    name: 'kuwahara',
    label: { en: 'Oil painting', zh: '油画' },
    kind: 'area',
    stages: 1,
    categories: ['effect'],
    parameters: [
      { name: 'radius', label: { en: 'Radius', zh: '半径' }, type: 'number', min: 1, max: 8, default: 4 },
    ],
  },
  {
    name: 'median',
    label: { en: 'Median', zh: '中值降噪' },
    kind: 'area',
    stages: 1,
    categories: ['effect'],
    parameters: [
      { name: 'amount', label: { en: 'Amount', zh: '强度' }, type: 'number', min: 0, max: 1, default: 1 },
    ],
  },
  {
    name: 'sharpen',
    label: { en: 'Sharpen', zh: '锐化' },
    kind: 'area',
    stages: 1,
    categories: ['effect'],
    parameters: [
      { name: 'amount', label: { en: 'Amount', zh: '强度' }, type: 'number', min: 0, max: 2, default: 0.5 },
    ],
  },
  {
    name: 'sketch',
    label: { en: 'Pencil sketch', zh: '铅笔素描' },
    kind: 'area',
    stages: 1,
    categories: ['effect'],
    parameters: [
      { name: 'strength', label: { en: 'Strength', zh: '强度' }, type: 'number', min: 0.2, max: 3, default: 1 },
      { name: 'shade', label: { en: 'Shading', zh: '明暗' }, type: 'number', min: 0, max: 1, default: 0.35 },
    ],
  },
  {
    name: 'sobel',
    label: { en: 'Edges', zh: '边缘' },
    kind: 'area',
    stages: 1,
    categories: ['effect'],
    parameters: [
      { name: 'strength', label: { en: 'Strength', zh: '强度' }, type: 'number', min: 0, max: 3, default: 1 },
      { name: 'width', label: { en: 'Width', zh: '粗细' }, type: 'number', min: 0.5, max: 3, default: 1 },
    ],
  },
  {
    name: 'surface',
    label: { en: 'Surface smoothing', zh: '表面平滑' },
    kind: 'area',
    stages: 2,
    categories: ['effect'],
    parameters: [
      { name: 'radius', label: { en: 'Radius', zh: '半径' }, type: 'number', min: 0, max: 24, default: 10 },
      { name: 'threshold', label: { en: 'Threshold', zh: '阈值' }, type: 'number', min: 0.01, max: 0.3, default: 0.08 },
      { name: 'amount', label: { en: 'Amount', zh: '强度' }, type: 'number', min: 0, max: 1, default: 1 },
    ],
  },
  {
    name: 'toon',
    label: { en: 'Toon', zh: '卡通' },
    kind: 'area',
    stages: 1,
    categories: ['effect'],
    parameters: [
      { name: 'steps', label: { en: 'Steps', zh: '色阶' }, type: 'number', min: 3, max: 12, default: 6 },
      { name: 'edge', label: { en: 'Outline', zh: '描边' }, type: 'number', min: 0, max: 3, default: 1 },
    ],
  },
  {
    name: 'unsharp',
    label: { en: 'Clarity', zh: '清晰度' },
    kind: 'area',
    stages: 2,
    categories: ['effect'],
    parameters: [
      { name: 'radius', label: { en: 'Radius', zh: '半径' }, type: 'number', min: 0.5, max: 20, default: 6 },
      { name: 'amount', label: { en: 'Amount', zh: '强度' }, type: 'number', min: -1, max: 2, default: 0.6 },
      { name: 'threshold', label: { en: 'Threshold', zh: '阈值' }, type: 'number', min: 0, max: 0.1, default: 0.01 },
    ],
  },
  {
    name: 'blend',
    label: { en: 'Blend', zh: '混合' },
    kind: 'composite',
    stages: 1,
    categories: ['overlay'],
    parameters: [
      { name: 'other', label: { en: 'Picture', zh: '图片' }, type: 'image', optional: false },
      { name: 'mode', label: { en: 'Mode', zh: '模式' }, type: 'choice', values: ['normal', 'multiply', 'screen', 'overlay', 'darken', 'lighten', 'colour_dodge', 'colour_burn', 'hard_light', 'soft_light', 'difference', 'exclusion', 'add', 'subtract', 'hue', 'saturation', 'colour', 'luminosity'], default: 'screen' },
      { name: 'opacity', label: { en: 'Opacity', zh: '不透明度' }, type: 'number', min: 0, max: 1, default: 1 },
    ],
  },
  {
    name: 'chroma_key',
    label: { en: 'Chroma key', zh: '绿幕抠像' },
    kind: 'composite',
    stages: 1,
    categories: ['overlay'],
    parameters: [
      { name: 'other', label: { en: 'Background', zh: '背景' }, type: 'image', optional: false },
      { name: 'key', label: { en: 'Key colour', zh: '抠像颜色' }, type: 'color', default: '#00d639' },
      { name: 'tolerance', label: { en: 'Tolerance', zh: '容差' }, type: 'number', min: 0, max: 1, default: 0.4 },
      { name: 'softness', label: { en: 'Softness', zh: '柔和度' }, type: 'number', min: 0.01, max: 1, default: 0.15 },
      { name: 'spill', label: { en: 'Spill removal', zh: '去溢色' }, type: 'number', min: 0, max: 1, default: 0.6 },
    ],
  },
  {
    name: 'overlay',
    label: { en: 'Watermark', zh: '水印' },
    kind: 'composite',
    stages: 1,
    categories: ['overlay'],
    parameters: [
      { name: 'other', label: { en: 'Picture', zh: '图片' }, type: 'image', optional: false },
      { name: 'x', label: { en: 'Across', zh: '水平位置' }, type: 'number', min: 0, max: 1, default: 0.95 },
      { name: 'y', label: { en: 'Down', zh: '垂直位置' }, type: 'number', min: 0, max: 1, default: 0.95 },
      { name: 'width', label: { en: 'Width', zh: '宽度' }, type: 'number', min: 0.02, max: 1, default: 0.2 },
      { name: 'angle', label: { en: 'Rotation', zh: '旋转' }, type: 'number', min: -180, max: 180, default: 0 },
      { name: 'opacity', label: { en: 'Opacity', zh: '不透明度' }, type: 'number', min: 0, max: 1, default: 1 },
    ],
  },
  {
    name: 'split',
    label: { en: 'Before and after', zh: '前后对比' },
    kind: 'composite',
    stages: 1,
    categories: ['overlay'],
    parameters: [
      { name: 'at', label: { en: 'Line', zh: '分割线' }, type: 'number', min: 0, max: 1, default: 0.5 },
      { name: 'angle', label: { en: 'Angle', zh: '角度' }, type: 'number', min: -90, max: 90, default: 0 },
      { name: 'line', label: { en: 'Line width', zh: '线宽' }, type: 'number', min: 0, max: 8, default: 2 },
    ],
  },
  {
    name: 'beauty',
    label: { en: 'Beauty', zh: '美颜' },
    kind: 'area',
    stages: 2,
    categories: ['beauty'],
    parameters: [
      { name: 'smoothing', label: { en: 'Smooth', zh: '磨皮' }, type: 'number', min: 0, max: 1, default: 0.6 },
      { name: 'whitening', label: { en: 'Brighten', zh: '美白' }, type: 'number', min: 0, max: 1, default: 0.3 },
      { name: 'ruddiness', label: { en: 'Ruddy', zh: '红润' }, type: 'number', min: 0, max: 1, default: 0.2 },
      { name: 'clarity', label: { en: 'Eyes and brows', zh: '眼眉清晰' }, type: 'number', min: 0, max: 1, default: 0.3 },
    ],
  },
];

/** The named looks, in the order of a drawer. */
export const LOOKS: readonly Look[] = [
  { name: 'instant', label: { en: 'Instant', zh: '拍立得' }, chain: [{ name: 'lut', table: 'instant' }, { name: 'vignette', amount: 0.3 }, { name: 'grain', amount: 0.1 }] },
  { name: 'mono', label: { en: 'Mono', zh: '单色' }, chain: [{ name: 'lut', table: 'mono' }] },
  { name: 'noir', label: { en: 'Noir', zh: '黑色电影' }, chain: [{ name: 'lut', table: 'noir' }, { name: 'vignette', amount: 0.45 }, { name: 'grain', amount: 0.25 }] },
  { name: 'fade', label: { en: 'Fade', zh: '褪色' }, chain: [{ name: 'lut', table: 'fade' }] },
  { name: 'tonal', label: { en: 'Tonal', zh: '色调' }, chain: [{ name: 'lut', table: 'tonal' }] },
  { name: 'process', label: { en: 'Process', zh: '冲印' }, chain: [{ name: 'lut', table: 'process' }] },
  { name: 'transfer', label: { en: 'Transfer', zh: '岁月' }, chain: [{ name: 'lut', table: 'transfer' }, { name: 'vignette', amount: 0.2 }, { name: 'grain', amount: 0.15 }] },
  { name: 'chrome', label: { en: 'Chrome', zh: '铬黄' }, chain: [{ name: 'lut', table: 'chrome' }] },
  { name: 'peach', label: { en: 'Peach', zh: '蜜桃' }, chain: [{ name: 'lut', table: 'peach' }] },
  { name: 'cream', label: { en: 'Cream', zh: '奶油' }, chain: [{ name: 'lut', table: 'cream' }] },
  { name: 'porcelain', label: { en: 'Porcelain', zh: '白瓷' }, chain: [{ name: 'lut', table: 'porcelain' }] },
  { name: 'dawn', label: { en: 'Dawn', zh: '晨曦' }, chain: [{ name: 'lut', table: 'dawn' }] },
  { name: 'dusk', label: { en: 'Dusk', zh: '暮色' }, chain: [{ name: 'lut', table: 'dusk' }, { name: 'vignette', amount: 0.25 }] },
  { name: 'sunny', label: { en: 'Sunny', zh: '晴天' }, chain: [{ name: 'lut', table: 'sunny' }] },
  { name: 'latte', label: { en: 'Latte', zh: '拿铁' }, chain: [{ name: 'lut', table: 'latte' }] },
  { name: 'matcha', label: { en: 'Matcha', zh: '抹茶' }, chain: [{ name: 'lut', table: 'matcha' }] },
  { name: 'sea_salt', label: { en: 'Sea salt', zh: '海盐' }, chain: [{ name: 'lut', table: 'sea_salt' }] },
  { name: 'forest', label: { en: 'Forest', zh: '森林' }, chain: [{ name: 'lut', table: 'forest' }, { name: 'vignette', amount: 0.2 }] },
  { name: 'cinema', label: { en: 'Cinema', zh: '电影' }, chain: [{ name: 'lut', table: 'cinema' }, { name: 'vignette', amount: 0.25 }] },
  { name: 'film', label: { en: 'Film', zh: '胶片' }, chain: [{ name: 'lut', table: 'film' }, { name: 'grain', amount: 0.25 }] },
  { name: 'retro', label: { en: 'Retro', zh: '旧时光' }, chain: [{ name: 'lut', table: 'retro' }, { name: 'vignette', amount: 0.35 }, { name: 'grain', amount: 0.2 }] },
  { name: 'berry', label: { en: 'Berry', zh: '莓果' }, chain: [{ name: 'lut', table: 'berry' }] },
  { name: 'neon', label: { en: 'Neon', zh: '霓虹' }, chain: [{ name: 'lut', table: 'neon' }, { name: 'vignette', amount: 0.2 }] },
  { name: 'winter', label: { en: 'Winter', zh: '冬日' }, chain: [{ name: 'lut', table: 'winter' }] },
];
