// kind: composite
// category: overlay
// label: Watermark / 水印
// param: other image / Picture / 图片
// param: x number 0 1 0.95 / Across / 水平位置
// param: y number 0 1 0.95 / Down / 垂直位置
// param: width number 0.02 1 0.2 / Width / 宽度
// param: angle number -180 180 0 / Rotation / 旋转
// param: opacity number 0 1 1 / Opacity / 不透明度
// identity: opacity=0
// A picture laid over the film with its own proportions, as wide as a share of the film; 0 is flush left or top, 1
// right or bottom. It is placed in the finished picture, so it reads from left to right on a mirrored one.
vec4 overlay(vec4 color, vec2 uv, sampler2D other, vec2 size, float x, float y, float width, float angle, float opacity) {
    vec2 own = vec2(textureSize(other, 0));
    vec2 part = vec2(width, width * size.x / size.y * own.y / own.x);
    part *= min(1.0, 1.0 / part.y);
    vec2 p = (uv - mix(0.5 * part, 1.0 - 0.5 * part, vec2(x, y))) * size;
    float a = radians(angle);
    p = mat2(cos(a), -sin(a), sin(a), cos(a)) * p;
    vec2 at = p / (part * size) + 0.5;
    // Its border is softened over one pixel of the film.
    vec2 edge = clamp(min(at, 1.0 - at) * part * size + 0.5, 0.0, 1.0);
    vec4 over = texture(other, clamp(at, 0.0, 1.0)) * (opacity * edge.x * edge.y);
    return vec4(color.rgb * (1.0 - over.a) + over.rgb, color.a);
}
