// kind: coord
// category: effect
// label: Swirl / 漩涡
// param: angle number -360 360 120 / Angle / 角度
// param: radius number 0.05 1 0.5 / Radius / 半径
// param: x number 0 1 0.5 / Centre across / 中心横向
// param: y number 0 1 0.5 / Centre down / 中心纵向
// identity: angle=0
// Turned by degrees in the middle, less and less towards `radius` (of the shorter side). What would lie outside of the
// picture is its mirror image.
vec2 swirl(vec2 uv, vec2 size, float angle, float radius, float x, float y) {
    vec2 unit = size / min(size.x, size.y);
    vec2 p = (uv - vec2(x, y)) * unit;
    float inside = 1.0 - clamp(length(p) / radius, 0.0, 1.0);
    float a = radians(angle) * inside * inside;
    vec2 at = vec2(x, y) + mat2(cos(a), -sin(a), sin(a), cos(a)) * p / unit;
    return 1.0 - abs(1.0 - abs(at));
}
