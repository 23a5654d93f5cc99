// kind: coord
// category: geometry
// label: Transform / 变换
// param: scale number 0.2 4 1 / Scale / 缩放
// param: angle number -180 180 0 / Rotation / 旋转
// param: across number -1 1 0 / Move across / 水平移动
// param: down number -1 1 0 / Move down / 垂直移动
// param: tilt_across number -1 1 0 / Tilt across / 水平透视
// param: tilt_down number -1 1 0 / Tilt down / 垂直透视
// identity: scale=1 angle=0 across=0 down=0 tilt_across=0 tilt_down=0
// The picture moved (in widths and heights), scaled, turned clockwise by degrees and seen from the side. The divisor
// of the perspective stays above 0.2, so no part turns over.
vec2 transform(
    vec2 uv, vec2 size, float scale, float angle, float across, float down, float tilt_across, float tilt_down
) {
    vec2 p = uv - 0.5;
    p /= 1.0 + 0.8 * dot(vec2(tilt_across, tilt_down), p);
    p = (p - vec2(across, down)) * size;
    float a = radians(angle);
    p = mat2(cos(a), -sin(a), sin(a), cos(a)) * p / scale;
    return p / size + 0.5;
}
