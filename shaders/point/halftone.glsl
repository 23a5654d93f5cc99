// kind: point
// category: effect
// label: Halftone / 半调网点
// param: dot_size number 3 30 8 / Dot size / 网点大小
// param: angle number 0 90 45 / Angle / 角度
// param: coloured number 0 1 0 / Colour / 彩色
// param: amount number 0 1 1 / Amount / 强度
// identity: amount=0
// The dots of a printing screen: each grows with the ink that its place needs. The screen is a product of cosines
// turned by an angle, and a colour print turns the screens of its inks apart.
float halftone_screen(vec2 p, float degrees) {
    float a = radians(degrees);
    vec2 q = mat2(cos(a), sin(a), -sin(a), cos(a)) * p * 3.14159265;
    return 0.5 + 0.25 * (cos(2.0 * q.x) + cos(2.0 * q.y));
}

vec4 halftone(vec4 color, vec2 uv, vec2 size, float dot_size, float angle, float coloured, float amount) {
    float pitch = max(dot_size * min(size.x, size.y) / 720.0, 3.0);
    vec2 p = uv * size / pitch;
    float soft = clamp(1.6 / pitch, 0.05, 0.5);
    float y = dot(color.rgb, vec3(0.2126, 0.7152, 0.0722));
    vec3 level = 2.0 * mix(vec3(y), color.rgb, coloured) - 1.0;
    // Half of a screen lies near its middle value: this makes the share of ink that of darkness.
    level = 0.5 + 0.5 * sign(level) * pow(abs(level), vec3(1.35));
    float apart = 30.0 * coloured;
    vec3 screen = vec3(
        halftone_screen(p, angle), halftone_screen(p, angle + apart), halftone_screen(p, angle + 2.0 * apart));
    vec3 ink = smoothstep(-soft, soft, screen - level * (1.0 + 2.0 * soft) + soft);
    return vec4(mix(color.rgb, 1.0 - ink, amount), color.a);
}
