// The page's own sentences. What the bot says arrives finished in its cards.

export const strings = {
  connection: {
    opening: "연결하고 있어요",
    open: "연결됨",
    lost: "연결이 끊겨서 다시 연결하고 있어요",
    crowded: "열린 탭이 너무 많아요. 다른 탭을 닫아 주세요",
  },
  refused: {
    too_long: "글이 너무 길어서 보내지 못했어요. 짧게 줄여서 다시 보내 주세요.",
    busy: "아직 답하지 못한 부탁이 많아요. 잠시 뒤에 다시 보내 주세요.",
    photo_many: "사진은 한 번에 한 장만 올릴 수 있어요. 한 장만 골라 주세요.",
    photo_kind: "PNG, JPEG, WebP 사진만 올릴 수 있어요. 다른 파일을 골라 주세요.",
    photo_unreadable: "사진을 읽을 수 없어요. 다른 사진을 골라 주세요.",
    photo_too_large: "사진이 너무 커요. {megabytes}MB보다 작은 사진을 골라 주세요.",
    photo_busy: "다른 사진을 받는 중이에요. 잠시 뒤에 사진과 함께 다시 보내 주세요.",
    photo_gone: "사진이 함께 오지 않았어요. 사진을 올리고 다시 보내 주세요.",
    photo_unsent: "사진을 보내지 못했어요. 연결을 확인하고 사진과 함께 다시 보내 주세요.",
    unreadable: "알아볼 수 없는 내용이라 보내지 못했어요. 페이지를 새로 고쳐 주세요.",
  },
  empty: "그릴 내용을 먼저 적어 주세요.",
  photo: {
    chosen: "사진을 올렸어요. 그 위에 무엇을 그릴지 적어 주세요.",
    removed: "사진을 뺐어요.",
    remove: "사진 빼기",
    sent: "함께 보낸 사진",
    withoutWords: "사진 위에 무엇을 그릴지 적어 주세요.",
  },
  draft: "고쳐서 보내면 같은 시드로 그려요.",
  mend: "고쳐서 다시 보내 주세요.",
  me: "나",
  bot: "그려줘",
  sending: "보내고 있어요",
  unfold: "모두 보기",
  fold: "접기",
  save: "저장",
  enlarge: "새 탭에서 크게 보기",
  progress: "그린 정도",
  hidden: { why: "보고 싶지 않을 수 있는 그림이라 가려 두었어요.", show: "눌러서 보기", picture: "그림" },
  stillIn: "로그아웃하지 못했어요. 연결을 확인하고 다시 눌러 주세요.",
  login: {
    password_wrong: "비밀번호가 달라요. 다시 적어 주세요.",
    password_tries: "여러 번 틀려서 잠시 막아 두었어요. 1분쯤 뒤에 다시 해 주세요.",
    empty: "비밀번호를 적어 주세요.",
    unsent: "서버에 닿지 않아요. 연결을 확인하고 다시 해 주세요.",
    trying: "확인하고 있어요.",
  },
  verify: {
    looking: "살펴보고 있어요.",
    busy: "다른 그림을 살펴보는 중이에요. 잠시 뒤에 다시 골라 주세요.",
    unsent: "그림을 보내지 못했어요. 연결을 확인하고 다시 골라 주세요.",
    left: "로그인이 풀렸어요. 페이지를 새로 고쳐 주세요.",
  },
  pictureGone: "그림 파일을 불러올 수 없어요. 같은 부탁을 다시 보내 주세요.",
  restarted: "서버가 다시 시작됐어요. 이어서 하고 있으니 조금만 기다려 주세요.",
  title: { idle: "그려줘", drawing: "그리는 중 · 그려줘", arrived: "그림이 왔어요 · 그려줘" },
};

/** Why something was not taken; the server's limit on photos stands in one of the sentences. */
export function refusal(reason) {
  return strings.refused[reason].replace("{megabytes}", Math.floor(limits.photoBytes / 2 ** 20));
}

/** What the server allows, as it says itself. */
export const limits = { photoBytes: Infinity };
